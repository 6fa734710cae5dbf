import numpy as np

from icp_ml.criteria.estimating import after_gate


def test_far_beyond_the_gate_the_interval_is_the_ordinary_one():
    interval = after_gate(0.40, 0.03, gate=4.0)
    assert np.allclose(
        [interval.estimate, interval.low, interval.high], [0.40, 0.40 - 1.645 * 0.03, 0.40 + 1.645 * 0.03], atol=1e-3
    )


def test_an_effect_that_just_passed_is_promised_smaller_than_seen():
    interval = after_gate(0.15, 0.03, gate=4.8)
    assert 0 <= interval.low < interval.estimate < 0.12


def test_the_sign_is_kept():
    up, down = after_gate(0.2, 0.04, 3.0), after_gate(-0.2, 0.04, 3.0)
    assert np.allclose([down.estimate, down.low, down.high], [-up.estimate, -up.high, -up.low])


def test_without_a_search_nothing_is_taken_back():
    assert after_gate(0.1, 0.05, 0.0).estimate == 0.1


def test_intervals_cover_the_truth_among_the_effects_that_passed_the_gate():
    rng = np.random.default_rng(0)
    for truth in (3.0, 4.0, 5.0):
        seen = rng.normal(truth, 1.0, 4000)
        passed = seen[seen > 4.0][:600]
        plain = np.mean([z - 1.645 <= truth <= z + 1.645 for z in passed])
        covered = np.mean([after_gate(z, 1.0, 4.0).low <= truth <= after_gate(z, 1.0, 4.0).high for z in passed])
        assert 0.87 <= covered <= 0.97
        assert truth > 3.5 or plain < 0.85  # the ordinary interval fails where few effects pass
