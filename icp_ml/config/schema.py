"""The config of one company: frozen, typed, refusing unknown keys. Contract, section 2."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from icp_ml.config.base import Model
from icp_ml.config.segment_quality import SegmentSettings

AttributeType = Literal["number", "category", "boolean", "tags"]
TableName = Literal["accounts", "opportunities", "subscriptions", "signals"]


class Source(Model):
    """Where the tables are: a folder of files, or a SQL database."""

    folder: str | None = Field(None, description="Folder of CSV, Parquet or Excel files, relative to the config file.")
    url: str | None = Field(None, repr=False, description="SQLAlchemy URL of a database; write secrets as ${NAME}.")
    schema_: str | None = Field(None, alias="schema", description="Database schema the tables live in.")


class Table(Model):
    """How the user's files spell one of the four standard tables."""

    file: str | list[str] | None = Field(
        None, description="csv, parquet or xlsx file in the source folder, or a list of them."
    )
    table: str | None = Field(None, description="Database table (with source.url).")
    query: str | None = Field(None, description="SQL query (with source.url).")
    from_: Literal["opportunities"] | None = Field(
        None, alias="from", description="subscriptions only: derive contract periods from won deals."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="Standard name: name in the file.")
    aliases: dict[str, list[str]] = Field(
        default_factory=dict, description="Standard name: names it may have; the first that the file has counts."
    )
    values: dict[str, dict[str, list[str] | str]] = Field(
        default_factory=dict, description='Contract column: {standard value: [values in the file]}; "*" takes the rest.'
    )
    where: str | None = Field(None, description="SQL condition over the file's own columns; other rows are left out.")
    date_format: str | None = Field(None, description="strptime format of the dates, where they are not ISO.")
    decimal: Literal[".", ","] | None = Field(
        None, description="Decimal mark of the amounts; default: told from each column."
    )
    lists: dict[str, str] = Field(
        default_factory=dict,
        description="Contract column that holds a list: what stands between its values; one counts.",
    )


class Attribute(Model):
    """Something known about an account before the sale."""

    type: AttributeType = Field(description="number, category, boolean or tags.")
    unit: str | None = Field(None, description="Unit shown in rules, for instance people.")
    order: list[str] | None = Field(
        None, description="Levels of a category from low to high; ordered levels can be compared."
    )
    separator: str = Field(";", min_length=1, description="What stands between tags.")
    decimal: Literal[".", ","] | None = Field(
        None, description='Numbers: the decimal mark; default: told from each cell ("1.234,50", "1,234.50").'
    )
    from_: Literal["accounts", "opportunities"] = Field(
        "accounts", alias="from", description="opportunities: read from the deciding deal."
    )
    use: Literal["criterion", "adjust", "ignore"] = Field(
        "criterion", description="criterion; adjust: in the models, never a criterion; ignore: left out."
    )
    trust: bool = Field(False, description="Overrules a leak suspicion.")
    monotone: Literal["increasing", "decreasing"] | None = Field(
        None, description="Numbers: the direction in which churn or winning is known to move."
    )
    column: str | None = Field(
        None, description="Name in the file, where it differs (the same as tables.accounts.columns)."
    )


class Outcomes(Model):
    """What is measured after the decision."""

    churn_horizon_months: int = Field(
        12, ge=1, le=120, description="Churn and retention are measured at this many months."
    )
    grace_days: int = Field(30, ge=0, le=365, description="A gap between periods up to this long is no churn.")
    observation_window_days: int = Field(90, ge=0, description="Early-life window for customer success models.")
    refused_reasons: list[str] = Field(default_factory=list, description="loss_reason values that mean we declined.")


class PullPart(Model):
    """One behaviour that shows intense pull."""

    opportunity: str | None = Field(None, description="sales_cycle_days, discount_pct or amount of the deciding deal.")
    signal: str | None = Field(None, description="Name of a signal.")
    aggregate: Literal["mean", "sum", "count", "max", "min", "last"] = Field(
        "mean", description="How a signal's values become one."
    )
    window_days: int = Field(365, ge=1, description="Days from the first start that count.")
    direction: Literal["higher", "lower"] = Field("higher", description="Which end is intense pull.")

    @model_validator(mode="after")
    def _one_source(self) -> PullPart:
        if (self.opportunity is None) == (self.signal is None):
            raise ValueError("a pull part needs exactly one of 'opportunity' or 'signal'")
        return self


class Economics(Model):
    """What a customer earns and costs."""

    gross_margin: float = Field(0.8, gt=0, le=1, description="Share of ARR left after delivery.")
    acquisition_cost: float | None = Field(
        None, ge=0, description="Cost of pursuing one opportunity, in the reporting currency."
    )
    signal_costs: dict[str, float] = Field(default_factory=dict, description="Signal: cost of one unit of its value.")


class Money(Model):
    """The reporting currency and the rates into it."""

    currency: str | None = Field(None, description="Reporting currency, named in outputs.")
    rates: dict[str, float] = Field(
        default_factory=dict, description="Currency: what one unit is worth in the reporting currency."
    )


class CriteriaSettings(Model):
    """Limits on what may be proposed."""

    max_false_discovery_rate: float = Field(0.05, gt=0, lt=1, description="Error budget of the whole release.")
    max_criteria: int = Field(8, ge=0, le=50, description="At most this many rules.")
    max_conditions: int = Field(3, ge=1, le=3, description="At most this many conditions a rule.")
    min_risk_difference: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="A rule that differs from the rest by less is no finding, however certain (0.05: 5 points).",
    )


class ScorecardSettings(Model):
    """Tier edges and the points scale."""

    green: int = Field(70, ge=0, le=100, description="Green from this score.")
    red: int = Field(50, ge=0, le=100, description="Red under this score.")
    points_to_double_odds: float = Field(20.0, gt=0, description="Points that double the odds of won and kept.")

    @model_validator(mode="after")
    def _ordered(self) -> ScorecardSettings:
        if self.red >= self.green:
            raise ValueError(
                f"scorecard.red ({self.red}) must lie below scorecard.green ({self.green}): what lies between is yellow"
            )
        return self


class StatedExclusion(Model):
    """A rule people already hold."""

    when: list[dict[str, Any]] = Field(description="Conditions, all of which must hold.")
    reason: str | None = Field(None, description="Why.")
    owner: str | None = Field(None, description="Who holds it.")
    review_on: dt.date | None = Field(None, description="When to look again.")


class Tracking(Model):
    """Where MLflow keeps runs."""

    uri: str = Field(
        "sqlite:///mlflow.db",
        repr=False,
        description="MLflow tracking URI; a relative path is relative to the config file.",
    )
    experiment: str | None = Field(None, description="Experiment name; default icp-<name>.")


class Config(Model):
    """One company's config. Every section but `name`, `source` and `attributes` has defaults."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Short name; names the model folder.")
    preset: Literal["salesforce", "hubspot"] | None = Field(None, description="Column names and values of a known CRM.")
    as_of: dt.date | None = Field(None, description="Last day the data covers; default: the latest date in it.")
    covers_from: dt.date | None = Field(None, description="The system holds only survivors from before this day.")
    seed: int = Field(7, ge=0, description="Seed of everything random.")
    source: Source
    tables: dict[TableName, Table] = Field(default_factory=dict, description="What the user's files call things.")
    attributes: dict[str, Attribute] = Field(description="What is known before the sale.")
    outcomes: Outcomes = Outcomes()
    pull: list[PullPart] = Field(default_factory=list, description="What intense pull looks like.")
    economics: Economics = Economics()
    money: Money = Money()
    criteria: CriteriaSettings = CriteriaSettings()
    scorecard: ScorecardSettings = ScorecardSettings()
    segments: SegmentSettings = SegmentSettings()
    stated_icp: list[dict[str, Any]] = Field(default_factory=list, description="The workshop's ICP: conditions.")
    stated_exclusions: list[StatedExclusion] = Field(default_factory=list, description="Rules people already hold.")
    tracking: Tracking = Tracking()
    _placeholders: dict[tuple[Any, ...], str] = PrivateAttr(default_factory=dict)

    def table(self, name: str) -> Table:
        """Return what is said of a standard table; one of which nothing is said is read under its own names."""
        return next((table for known, table in self.tables.items() if known == name), Table())

    @property
    def placeholders(self) -> dict[tuple[Any, ...], str]:
        """Key path: text as written, where ``${NAME}`` was replaced; never part of a dump or repr."""
        return self._placeholders

    def remember_placeholders(self, placeholders: dict[tuple[Any, ...], str]) -> None:
        """Keep what was written where the environment gave the value, so that outputs show that instead."""
        self._placeholders = dict(placeholders)
