"""Who is counted, what was known when, what happened after."""

from __future__ import annotations

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, months_between

__all__ = ["Cohort", "add_months", "build_cohort", "months_between"]
