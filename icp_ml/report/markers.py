"""One colour and one shape for each segment, the same in every picture; what colour is stays in the style sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST = 8
NONE = 0
# Drawn around the origin, all of about the same area, so that none looks weightier; 0 is for accounts of no segment.
SHAPES = (
    "M-1.8,0a1.8,1.8 0 1,0 3.6,0a1.8,1.8 0 1,0 -3.6,0z",
    "M-2.9,0a2.9,2.9 0 1,0 5.8,0a2.9,2.9 0 1,0 -5.8,0z",
    "M0,-3.8L3.6,2.7H-3.6z",
    "M-2.6,-2.6H2.6V2.6H-2.6z",
    "M0,-3.8L3.1,0L0,3.8L-3.1,0z",
    "M0,3.8L3.6,-2.7H-3.6z",
    "M-1.2,-3.5H1.2V-1.2H3.5V1.2H1.2V3.5H-1.2V1.2H-3.5V-1.2H-1.2z",
    "M-3.4,-1.6V1.6H3.4V-1.6z",
    "M-1.6,-3.4V3.4H1.6V-3.4z",
)


def marks(segment_ids: Iterable[str]) -> dict[str, int]:
    """Return the colour and shape of each segment, 1 to 8, by its id, so that it keeps them while the others stay.

    >>> marks(["S10", "S2"]), marks(["S3", "S1"])
    ({'S2': 1, 'S10': 2}, {'S1': 1, 'S3': 2})
    """
    ordered = sorted(set(segment_ids), key=lambda name: (int(n[0]) if (n := re.findall(r"\d+", name)) else 0, name))
    return {name: at % MOST + 1 for at, name in enumerate(ordered)}


def definitions() -> str:
    """Return the shapes as SVG to be named elsewhere on the page, ``k0`` to ``k8``, invisible themselves."""
    shapes = "".join(f'<path id="k{at}" d="{shape}"/>' for at, shape in enumerate(SHAPES))
    return f'<svg class="shapes" width="0" height="0" aria-hidden="true"><defs>{shapes}</defs></svg>'


def key(mark: int, name: str = "s") -> str:
    """Return one shape as a small picture for a legend or a row of a table."""
    shape = mark if name == "s" else 1
    return f'<svg class="key {name}{mark}" viewBox="-5 -5 10 10" aria-hidden="true"><use href="#k{shape}"/></svg>'
