"""A drafted config as text: every guess with its reason beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icp_ml.drafting.attributes import Guess
from icp_ml.drafting.sections import Section
from icp_ml.drafting.spelling import aligned, listed, remark, spelled


@dataclass(frozen=True)
class NamedGuess:
    """A guess under the name it has in the config, and the table it is read from."""

    name: str
    guess: Guess
    table: str = "accounts"

    def spec(self) -> dict[str, Any]:
        """Return the attribute as the config writes it."""
        guess = self.guess
        values = {
            "type": guess.type,
            "unit": guess.unit,
            "order": guess.order,
            "separator": guess.separator,
            "decimal": guess.decimal,
            "from": self.table if self.table != "accounts" else None,
            "use": guess.use,
            "column": guess.column if guess.column != self.name else None,
        }
        return {key: value for key, value in values.items() if value is not None}

    def line(self) -> str:
        """Return the attribute's line."""
        return f"{spelled(self.name)}: {spelled(self.spec())}"


@dataclass(frozen=True)
class Draft:
    """Everything a drafted config says.

    Parameters
    ----------
    name, folder : str
        The config's name, and the folder of tables relative to it.
    preset : str or None
        With ``preset_note``, why.
    sections : sequence of Section
        The tables.
    guesses : sequence of NamedGuess
        Every further column, in file order.
    pull : sequence of (dict, str)
        Parts of pull and what they mean.
    currencies : sequence of str
        Currencies of the amounts, the commonest first.
    as_of : str or None
        Latest date found.
    warnings : sequence of str
        What a reader must mend before anything else.
    not_read : sequence of str
        Files that are none of the tables.
    of_deals : sequence of str
        The deals' columns that are neither standard nor attributes.
    """

    name: str
    folder: str
    preset: str | None
    preset_note: str
    sections: Sequence[Section]
    guesses: Sequence[NamedGuess]
    pull: Sequence[tuple[Mapping[str, object], str]]
    currencies: Sequence[str]
    as_of: str | None = None
    warnings: Sequence[str] = ()
    not_read: Sequence[str] = ()
    of_deals: Sequence[str] = ()


def write_draft(draft: Draft) -> str:
    """Return the config as YAML."""
    blocks = [
        [*_head(draft)],
        [*_tables(draft.sections)],
        [*_attributes(draft.guesses, draft.of_deals)],
        [*_pull(draft.pull)],
        [*_money(draft.currencies)],
        [f'tracking: {{uri: "sqlite:///mlflow.db", experiment: {spelled("icp-" + draft.name)}}}'],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    yield "# Drafted by `icp init`: guesses from names and values. Read it, above all what was known before the sale."
    for warning in draft.warnings:
        yield from (f"# {'MEND: ' if at == 0 else '  '}{remark(line)}" for at, line in enumerate(warning.splitlines()))
    if draft.not_read:
        yield f"# Not read, since they look like none of the tables: {listed(draft.not_read)}."
    yield f"name: {spelled(draft.name)}"
    if draft.preset:
        yield f"preset: {draft.preset}  # {draft.preset_note}"
    if draft.as_of:
        yield f"# as_of: {draft.as_of}  # last day the data covers; left out, it is the latest date found, now this one"
    yield "seed: 7"
    yield f"source: {{folder: {spelled(draft.folder)}}}"


def _tables(sections: Sequence[Section]) -> Iterator[str]:
    said = [section for section in sections if section.rows]
    if said:
        yield "tables:"
    for section in sections:
        if not said:
            yield f"# {section.name}: {section.note}"
            continue
        yield f"  # {section.name}: {section.note}"
        if section.rows:
            yield f"  {section.name}:"
            yield from _rows(section)


def _rows(section: Section) -> Iterator[str]:
    mappings: dict[str, list[tuple[str, str]]] = {}
    for key, value, note in section.rows:
        if key in ("columns", "values", "lists"):
            mappings.setdefault(key, []).extend((f"{spelled(k)}: {spelled(v)}", note) for k, v in value.items())
        else:
            yield from aligned([(f"{key}: {spelled(value)}", note)], "    ")
    for key, lines in mappings.items():
        yield f"    {key}:"
        yield from aligned(lines, "      ")


def _attributes(guesses: Sequence[NamedGuess], of_deals: Sequence[str]) -> Iterator[str]:
    kept = [g for g in guesses if g.guess.role == "attribute"]
    apart = [g for g in guesses if g.guess.role == "after_sale"]
    rest = [g for g in guesses if g.guess.role == "left_out"]
    yield "# Known BEFORE the sale; nothing else can become a criterion."
    yield "attributes:" if kept else "attributes: {}"
    yield from aligned([(g.line(), g.guess.reason) for g in kept], "  ")
    if apart:
        yield ""
        yield "# Set apart: known only after the sale, by the look of it. What was known before may move up."
        yield from aligned([(g.line(), g.guess.reason) for g in apart], "#   ")
    if of_deals:
        yield ""
        yield "# Columns of the deals, set apart since they change while a deal is worked; what is known when one opens"
        yield f"# may become an attribute with from: opportunities: {listed(of_deals)}."
    if rest:
        yield ""
        yield "# Left out, since no rule could rest on them."
        yield from (f"#   {remark(g.guess.column)}: {remark(g.guess.reason)}" for g in rest)


def _pull(parts: Sequence[tuple[Mapping[str, object], str]]) -> Iterator[str]:
    if parts:
        yield "# What intense pull looks like."
        yield "pull:"
        yield from aligned([(f"- {spelled(part)}", meaning) for part, meaning in parts], "  ")


def _money(currencies: Sequence[str]) -> Iterator[str]:
    if len(currencies) > 1:
        main, *others = currencies
        yield f"# MEND: amounts are in {listed(currencies)}; these rates of 1 only stand in for the real ones."
        yield f"money: {spelled({'currency': main, 'rates': dict.fromkeys(others, 1.0)})}"
