"""What a config that fits the schema may still get wrong: keys that contradict one another or name nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from icp_ml.conditions import Condition
from icp_ml.config.problems import line_words
from icp_ml.config.schema import Attribute, Config, Table
from icp_ml.config.segment_quality import FIGURES, SHARES
from icp_ml.config.spelling import Path, path_words
from icp_ml.config.standard import CONTRACT, KINDS, OUTCOMES
from icp_ml.errors import ConfigError, nearest

DEAL_MEASURES = ("sales_cycle_days", "discount_pct", "amount", "services_amount")
# Days beyond these are typing errors, and calendar arithmetic on them overflows.
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
RESERVED = {
    "accounts": ("account_id", "observed_at"),
    "opportunities": ("opportunity_id", "account_id", "created_at", "closed_at", "outcome"),
}

# What a contract column may be declared as when it serves as an attribute too.
_TYPES = {"text": "category", "number": "number"}
_HELD = {"text": "text", "number": "numbers", "date": "dates", "id": "ids"}

Found = tuple[Path, str]


def meaning_problems(config: Config, lines: Mapping[Path, int]) -> list[str]:
    """Return one sentence a mistake, with the line where it stands."""
    found = [
        *_days(config),
        *_source(config),
        *_tables(config),
        *_attributes(config),
        *_pull(config),
        *_quality(config),
        *_stated(config),
        *_money(config),
    ]
    return [f"{line_words(path, lines)}{sentence}" for path, sentence in found]


def _days(config: Config) -> Iterator[Found]:
    for key in ("as_of", "covers_from"):
        day = getattr(config, key)
        if day is not None and not EARLIEST <= day <= LATEST:
            yield (key,), f"{key}: must lie between {EARLIEST} and {LATEST}; found {day}; mend the year"


def _source(config: Config) -> Iterator[Found]:
    if (config.source.folder is None) == (config.source.url is None):
        yield ("source",), "source: exactly one of 'folder' or 'url' must be given"
    if config.source.schema_ is not None and config.source.url is None:
        yield ("source", "schema"), "source.schema: a schema belongs to a database; give source.url, or leave it out"


def _tables(config: Config) -> Iterator[Found]:
    for name, table in config.tables.items():
        path: Path = ("tables", name)
        yield from _origin(config, name, table, path)
        known = {*CONTRACT[name], *(a for a, s in config.attributes.items() if s.from_ == name)}
        for key in ("columns", "aliases", "lists"):
            for standard in getattr(table, key):
                if standard not in known:
                    place = (*path, key, standard)
                    yield (
                        place,
                        f"{path_words(place[:-1])}: {standard!r} is neither a standard column of {name} nor an "
                        f"attribute{nearest(standard, known)}; write it as standard name: name in the file",
                    )
        yield from _values(name, table, path)


def _origin(config: Config, name: str, table: Table, path: Path) -> Iterator[Found]:
    if table.from_ is not None and name != "subscriptions":
        yield (*path, "from"), f"{path_words(path)}.from: only subscriptions can be derived from opportunities"
    given = [
        k for k, v in (("file", table.file), ("table", table.table), ("query", table.query), ("from", table.from_)) if v
    ]
    if len(given) > 1:
        yield path, f"{path_words(path)}: give one of {', '.join(given)}, not several"
    for key in ("table", "query"):
        if key in given and config.source.url is None:
            yield (*path, key), f"{path_words(path)}.{key}: needs a database; give source.url, or 'file'"
    if "file" in given and config.source.folder is None:
        yield (*path, "file"), f"{path_words(path)}.file: needs a folder; give source.folder, or 'table' or 'query'"


def _values(name: str, table: Table, path: Path) -> Iterator[Found]:
    for column, mapped in table.values.items():
        place = (*path, "values", column)
        spec = CONTRACT[name].get(column)
        if spec is None or spec.kind != "text":
            texts = [c for c, s in CONTRACT[name].items() if s.kind == "text"]
            yield (
                place,
                f"{path_words(place)}: values apply to text columns of the contract only ({', '.join(texts)}), since "
                f"an exported rule runs on an attribute's raw values{nearest(column, texts)}",
            )
            continue
        allowed = {"outcome": OUTCOMES, "kind": KINDS}.get(column) if name == "opportunities" else None
        for standard in mapped if allowed else ():
            if standard not in (allowed or ()):
                yield (
                    (*place, standard),
                    f"{path_words(place)}: {standard!r} is no {column}{nearest(standard, allowed or ())}; "
                    f"use {', '.join(allowed or ())}",
                )
        yield from _value_lists(mapped, place)


def _value_lists(mapped: Mapping[str, list[str] | str], place: Path) -> Iterator[Found]:
    holder: dict[str, str] = {}
    for standard, listed in mapped.items():
        for value in [listed] if isinstance(listed, str) else listed:
            if value in holder and holder[value] != standard:
                yield (
                    place,
                    f"{path_words(place)}: {value!r} stands under both {holder[value]!r} and {standard!r}; keep one",
                )
            holder[value] = standard


def _attributes(config: Config) -> Iterator[Found]:
    for name, spec in config.attributes.items():
        path: Path = ("attributes", name)
        if "." in name:
            renamed = name.replace(".", "_")
            yield (
                path,
                f"attribute {name!r}: a name may hold no dot, since JsonLogic reads it as a path; call it {renamed!r} "
                f"and write tables.{spec.from_}.columns: {{{renamed}: {name!r}}}",
            )
        if not name.strip():
            yield path, "attributes: an attribute needs a name; found an empty one"
        if name in RESERVED[spec.from_]:
            yield (
                path,
                f"attribute {name!r}: this is a standard column of {spec.from_}; take it out, or rename it",
            )
        twin = CONTRACT[spec.from_].get(name)
        if twin is not None and name not in RESERVED[spec.from_] and _TYPES.get(twin.kind) != spec.type:
            yield (
                (*path, "type"),
                f"attribute {name!r}: this is a standard column of {spec.from_} that holds {_HELD[twin.kind]}; "
                f"declare it a {_TYPES.get(twin.kind, 'date under another name')}, or rename it",
            )
        yield from _attribute(name, spec, path)


def _attribute(name: str, spec: Attribute, path: Path) -> Iterator[Found]:
    if spec.order is not None and spec.type != "category":
        yield (*path, "order"), f"attribute {name!r}: 'order' belongs to a category; this is a {spec.type}"
    if spec.order is not None and (len(set(spec.order)) < len(spec.order) or len(spec.order) < 2):
        yield (
            (*path, "order"),
            f"attribute {name!r}: 'order' must list at least two levels, each once; found {spec.order}",
        )
    if spec.monotone is not None and spec.type != "number":
        yield (*path, "monotone"), f"attribute {name!r}: 'monotone' belongs to a number; this is a {spec.type}"
    if spec.decimal is not None and spec.type != "number":
        yield (*path, "decimal"), f"attribute {name!r}: 'decimal' belongs to a number; this is a {spec.type}"


def _pull(config: Config) -> Iterator[Found]:
    for position, part in enumerate(config.pull):
        if part.opportunity is not None and part.opportunity not in DEAL_MEASURES:
            yield (
                ("pull", position, "opportunity"),
                f"pull[{position}].opportunity: {part.opportunity!r} is not measured on a deal"
                f"{nearest(part.opportunity, DEAL_MEASURES)}; known: {', '.join(DEAL_MEASURES)}",
            )


def _quality(config: Config) -> Iterator[Found]:
    known: dict[str, Sequence[str]] = {
        "figure": tuple(FIGURES), "share": tuple(SHARES), "opportunity": DEAL_MEASURES
    }  # fmt: skip
    for dimension, measures in config.segments.quality.items():
        for position, measure in enumerate(measures):
            for kind, names in known.items():
                name, path = getattr(measure, kind), ("segments", "quality", dimension, position, kind)
                if name is not None and name not in names:
                    yield (
                        path,
                        f"{path_words(path)}: there is no {kind} {name!r}{nearest(name, names)}; "
                        f"known: {', '.join(names)}",
                    )


def _stated(config: Config) -> Iterator[Found]:
    yield from _conditions(config, config.stated_icp, ("stated_icp",))
    for position, exclusion in enumerate(config.stated_exclusions):
        path: Path = ("stated_exclusions", position, "when")
        if not exclusion.when:
            yield (
                path,
                f"{path_words(path)}: at least one condition is needed, or the exclusion would hold for everybody",
            )
        yield from _conditions(config, exclusion.when, path)


def _conditions(config: Config, spelled: Sequence[Mapping[str, object]], path: Path) -> Iterator[Found]:
    for position, condition in enumerate(spelled):
        place = (*path, position)
        try:
            Condition.parse(condition, config.attributes, path_words(place))
        except ConfigError as err:
            yield place, str(err)


def _money(config: Config) -> Iterator[Found]:
    for currency, rate in config.money.rates.items():
        if not rate > 0:
            yield ("money", "rates", currency), f"money.rates.{currency}: a rate must be above 0; found {rate}"
    if config.money.rates and config.money.currency is None:
        yield ("money",), "money.currency: rates need a reporting currency; say which one they lead into"
