"""Which measures make up each dimension of the segment quality table, and the names that they may have."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from icp_ml.config.base import Model

Direction = Literal["higher", "lower"]
Dimension = Literal["urgency", "access", "proof", "product_fit", "economics", "expansion", "competitive_path"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

# Which end of each is good; None: told, and judged by nobody.
FIGURES: dict[str, Direction] = {
    "win_rate": "higher",
    "churn": "lower",
    "grr": "higher",
    "nrr": "higher",
    "pull": "higher",
    "arr": "higher",
    "cycle_days": "lower",
    "cost_to_serve": "lower",
    "opportunity_value": "higher",
}
SHARES: dict[str, Direction | None] = {
    # A low share may mean that nobody can be reached, or that nobody has tried.
    "worked": None,
    "through_channels": "higher",
    "won_through_channels": "higher",
    "kept_customers": "higher",
    "cost_of_arr": "lower",
    "paying_more": "higher",
    "won_against_competitor": "higher",
    "lost_to_competitor": "lower",
}


class QualityMeasure(Model):
    """One measure of a dimension: exactly one of `figure`, `share`, `opportunity` or `signal`."""

    figure: str | None = Field(None, description=f"A figure that every segment has: {', '.join(FIGURES)}.")
    share: str | None = Field(None, description=f"A share of accounts, deals or revenue: {', '.join(SHARES)}.")
    opportunity: str | None = Field(
        None, description="Average over won deals of sales_cycle_days, discount_pct, amount or services_amount."
    )
    signal: str | None = Field(None, description="Name of a signal, in a customer's time until the horizon.")
    aggregate: Literal["mean", "sum", "count"] | None = Field(
        None, description="Signals: the average value (default), or the total or number a customer a year."
    )
    direction: Direction | None = Field(
        None, description="Opportunities and signals: which end is good; default higher. Figures and shares know it."
    )

    @model_validator(mode="after")
    def _one_source(self) -> QualityMeasure:
        given = [name for name in ("figure", "share", "opportunity", "signal") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a quality measure needs exactly one of 'figure', 'share', 'opportunity' or 'signal'")
        if self.aggregate is not None and self.signal is None:
            raise ValueError(f"'aggregate' belongs to a signal; this is a {given[0]}")
        if self.direction is not None and given[0] in ("figure", "share"):
            raise ValueError(f"'direction' belongs to an opportunity or a signal; which {given[0]} is good is known")
        return self


class SegmentSettings(Model):
    """How segments are judged."""

    quality: dict[Dimension, list[QualityMeasure]] = Field(
        default_factory=dict,
        description=f"Measures of {', '.join(DIMENSIONS)}; those given replace what a dimension has by itself.",
    )
    channels: list[str] = Field(
        default_factory=list,
        description="source values of channels you can use at will; default: the one that clearly wins most often.",
    )
    competitor_reasons: list[str] = Field(
        default_factory=list,
        description="loss_reason values that mean a competitor won; default: those that say so or name a competitor.",
    )
