from __future__ import annotations

from icp_ml.report.markers import SHAPES, definitions, key, marks


def test_a_segment_keeps_its_colour_whatever_the_order_of_the_file() -> None:
    assert marks(["S3", "S1", "S12"]) == marks(["S12", "S3", "S1"]) == {"S1": 1, "S3": 2, "S12": 3}


def test_eight_segments_have_eight_shapes_so_that_colour_is_not_needed() -> None:
    of = marks(f"S{i}" for i in range(1, 9))
    assert len({SHAPES[mark] for mark in of.values()}) == 8
    assert SHAPES[0] not in {SHAPES[mark] for mark in of.values()}


def test_every_shape_that_is_named_is_defined() -> None:
    assert all(f'id="k{mark}"' in definitions() for mark in range(9))
    assert 'href="#k3"' in key(3)
    assert 'href="#k1"' in key(5, "p"), "pull is one shape in five shades"
