"""A synthetic B2B CRM with known truth."""

from icp_ml.sample.truth import PlantedRule, Truth
from icp_ml.sample.writing import write_sample

__all__ = ["PlantedRule", "Truth", "write_sample"]
