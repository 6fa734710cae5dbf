"""Whether a release still holds: its forecasts on later outcomes, its population beside the accounts that come now."""

from __future__ import annotations

from icp_ml.drift.finding import Finding
from icp_ml.drift.population import PopulationDrift, population_drift
from icp_ml.drift.profile import Profile, profile_population
from icp_ml.drift.reference import Reference, make_reference, met_on
from icp_ml.drift.review import Review, review

__all__ = [
    "Finding",
    "PopulationDrift",
    "Profile",
    "Reference",
    "Review",
    "make_reference",
    "met_on",
    "population_drift",
    "profile_population",
    "review",
]
