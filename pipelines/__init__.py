"""The jobs and the icp command: order, paths, progress, logging, tracking."""

from __future__ import annotations

import os

# The products in the search are many and small: with several threads each waits for the others (measured: 5 times
# slower on two busy cores). One thread also gives the same sums on every machine, hence the same bytes. Set before
# numpy loads.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
