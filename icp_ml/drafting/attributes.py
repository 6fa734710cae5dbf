"""Guess what each further column is: an attribute and its type, known after the sale, or nothing to go by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from icp_ml.config.schema import AttributeType
from icp_ml.drafting.profiles import MOSTLY, Column
from icp_ml.drafting.timing import levels_reason, name_reason
from icp_ml.drafting.vocabulary import words
from icp_ml.wording import number_words

Role = Literal["attribute", "after_sale", "left_out"]

_BOOLEAN_NAME = re.compile(r"^(is|has|uses|was|does|can|did|wants|needs)\b|\b(flag|bool|boolean)$")
_CODE_NAME = re.compile(
    r"\b(code|zip|postal|postcode|plz|sic|naics|nace|segment|tier|cluster|class|group|category|type|region|zone|grade|"
    r"bracket|band|bucket|cohort)\b"
)
_ID_NAME = re.compile(
    r"\b(id|ids|uuid|guid|duns|ein|vat|siren|siret|lei|iban)\b|"
    r"\b(account|customer|client|registration|tax) (number|no|nr)$"
)
_NAMED_FOR_ONE = re.compile(
    r"\b(website|url|web site|domain name|e ?mail|phone|fax|street|address|first name|last name|full name|contact name|"
    r"linkedin|twitter|facebook|ticker symbol|photo|logo url|latitude|longitude)\b|^(domain|name|company|description)$"
)
_FREE_NAME = re.compile(r"\b(notes?|description|comments?|remarks?|summary|about)\b")
_ONE_LEVEL = re.compile(r"(https?://|www\.).*|[^@\s]+@[^@\s]+\.\w+|\+?[\d() ./-]{8,}", re.IGNORECASE)
_ADJUST_NAME = re.compile(r"\b(lead|account|original|traffic) source\b")
_RANGE = re.compile(
    r"\s*(?:<|<=|up to|under|less than)?\s*([\d.,' ]*\d)\s*([kKmM]?)\s*(?:[-–—]|to)?\s*[\d.,' ]*\s*[kKmM]?\s*"
    r"(\+|and (?:above|over|more)|or more|employees|people)?\s*"
)
_UNITS = (
    (r"\b(pct|percent|percentage|growth rate)\b|%", "%"),
    (r"\b(employees?|headcount|head count|staff|ftes?|people)\b(?!.*\b(growth|change|rate))", "people"),
    (r"\byears$|\bage years\b", "years"),
    (r"\bmonths$", "months"),
    (r"\bdays$", "days"),
    (r"\bhours$", "hours"),
    (r"\bkm$", "km"),
)
_MONEY = re.compile(r"\b(revenue|turnover|funding|budget|sales volume|assets|payroll)\b")
_CODES = (("eur", "EUR"), ("usd", "USD"), ("gbp", "GBP"), ("chf", "CHF"))
_FEW_ROWS, _MANY_LEVELS, _LONG_WORDS = 20, 200, 6
_SEPARATORS = (";", "|", ",")


@dataclass(frozen=True)
class Guess:
    """What a column is taken for.

    Parameters
    ----------
    column : str
        Name in the file.
    role : {"attribute", "after_sale", "left_out"}
        An attribute; set apart since it looks known only after the sale; or nothing a rule could rest on.
    reason : str
        What speaks for it, for the comment.
    type : str or None
        Type; None for what is left out.
    unit, separator, decimal, order, use
        As in the config, None where there is nothing to say.
    """

    column: str
    role: Role
    reason: str
    type: AttributeType | None = None
    unit: str | None = None
    separator: str | None = None
    decimal: str | None = None
    order: tuple[str, ...] | None = None
    use: str | None = None

    def set_apart(self, reason: str) -> Guess:
        """Return the same guess, set apart for a reason."""
        return Guess(self.column, "after_sale", reason, self.type, self.unit, self.separator, self.decimal, self.order)


def guess_column(column: Column, currency: str | None = None, first: bool = False) -> Guess:
    """Guess what a column is, from its name and its cells.

    Parameters
    ----------
    column : Column
        Its profile.
    currency : str, optional
        Reporting currency, the unit of money.
    first : bool, default False
        Whether it is the file's first column, where row numbers stand.
    """
    nothing = _nothing_to_go_by(column, first)
    if nothing is not None:
        return Guess(column.name, "left_out", nothing)
    guess = _typed(column, currency)
    after = name_reason(column.name)
    if after is not None:
        return guess.set_apart(f"its name {after}")
    told = levels_reason(column) if guess.type == "category" else None
    return guess.set_apart(told) if told else guess


def _nothing_to_go_by(column: Column, first: bool) -> str | None:
    """Return why no rule could rest on the column, None where one could."""
    name = words(column.name)
    if column.told == 0 and not (column.filled and column.distinct > 1):
        return "no row has a value"
    if column.distinct == 1:
        return f"every filled row holds {short(column.levels[0])}"
    if column.is_date:
        return "a date"
    if _identifies(column, name, first):
        return f"tells one account from another ({column.distinct:,} different values in {column.filled:,} rows)"
    if column.is_number or best_separator(column) is not None:
        return None
    if column.distinct > _MANY_LEVELS or (column.filled >= _FEW_ROWS and column.distinct > 0.5 * column.filled):
        return f"too many different values for rules ({column.distinct:,} in {column.filled:,} rows)"
    wordy = sum(len(level.split()) * n for level, n in _counted(column)) / column.filled
    if wordy > _LONG_WORDS or (_FREE_NAME.search(name) and column.distinct > 0.5 * column.filled):
        return "free text"
    return None


def _identifies(column: Column, name: str, first: bool) -> bool:
    """Return whether the column names or numbers accounts."""
    distinct, filled = column.distinct, column.filled
    if _ID_NAME.search(name):
        # A code that recurs, such as an industry's id, is a level like any other.
        return distinct > 50 or distinct > 0.2 * filled
    if column.is_number:
        numbers = column.values["number"].dropna()
        whole = bool((numbers == numbers.round()).all())
        in_a_row = whole and column.unique and numbers.max() - numbers.min() + 1 == distinct
        code = bool(re.search(r"\b(zip|postal|postcode|plz|phone|fax)\b", name)) and distinct > 50
        return code or (in_a_row and distinct >= 3 and (first or filled >= _FEW_ROWS))
    one = sum(n for level, n in _counted(column) if _ONE_LEVEL.fullmatch(level.strip())) >= 0.5 * filled
    if one or (filled >= _FEW_ROWS and distinct > 0.9 * filled):
        return best_separator(column) is None
    return bool(_NAMED_FOR_ONE.search(name)) and distinct > 0.5 * filled


def _typed(column: Column, currency: str | None) -> Guess:
    """Return the column as an attribute of the type that its cells and its name speak for."""
    name = words(column.name)
    separator = best_separator(column)
    if separator is not None:
        return Guess(column.name, "attribute", "lists", "tags", separator=separator)
    if column.kind == "BOOLEAN" or _reads_as_boolean(column, name):
        return Guess(column.name, "attribute", f"{' / '.join(column.levels[:4])}", "boolean")
    if column.is_number and not _codes(column, name):
        low, high = (number_words(float(end)) for end in column.values["number"].agg(["min", "max"]))
        unit, decimal = unit_of(name, currency), decimal_mark(column)
        said = f"{low} to {high}" if decimal is None else "written with decimal commas"
        return Guess(column.name, "attribute", said, "number", unit=unit, decimal=decimal)
    use = "adjust" if _ADJUST_NAME.search(name) else None
    order = level_order(column)
    shown = ", ".join(short(level) for level in column.levels[:3])
    more = f", ... ({column.distinct} levels)" if column.distinct > 3 else ""
    return Guess(column.name, "attribute", shown + more, "category", order=order, use=use)


def _reads_as_boolean(column: Column, name: str) -> bool:
    """Return whether the cells are truth values; yes/no and 1/0 are levels unless the name asks a question."""
    told = {level.strip().lower() for level, ok in zip(column.levels, column.values["told"], strict=True) if ok}
    if not told or len(told) < 2 or column.count("flag") < MOSTLY * column.told:
        return False
    if told <= {"true", "false"} or told <= {"t", "f"}:
        return True
    return bool(_BOOLEAN_NAME.search(name)) or column.name.strip().endswith("?")


def _codes(column: Column, name: str) -> bool:
    """Return whether numbers are levels: two of them only, leading zeros, or few and named like a code."""
    if column.distinct == 2 and set(column.values["number"].dropna()) <= {0.0, 1.0}:
        return not re.search(r"\b(count|number|num|no|nr|#|years|amount)\b", name)
    zeros = sum(n for level, n in _counted(column) if re.fullmatch(r"0\d+", level.strip()))
    named = bool(_CODE_NAME.search(name)) and column.distinct <= 20
    return zeros >= 0.05 * column.filled or named or bool(_ID_NAME.search(name))


def best_separator(column: Column) -> str | None:
    """Return what stands between a column's tags, None where its cells are no lists.

    Tags recur in different company; a comma, which also stands inside names and numbers, must do so often.
    """
    if column.kind.endswith("[]"):
        return ";"
    if column.is_number or column.is_date:
        return None
    return next((s for s in _SEPARATORS if _lists(column, s)), None)


def _lists(column: Column, separator: str) -> bool:
    counted = [(level, n) for level, n in _counted(column) if separator in level]
    rows = sum(n for _, n in counted)
    if not counted or rows < 0.05 * column.filled:
        return False
    tokens: dict[str, int] = {}
    for level, n in _counted(column):
        for token in {part.strip() for part in level.split(separator)} - {""}:
            tokens[token] = tokens.get(token, 0) + n
    if max(len(token) for token in tokens) > 60 or sum(len(token.split()) > 4 for token in tokens) > 0.2 * len(tokens):
        return False
    recurring = sum(n > 1 for n in tokens.values())
    if separator != ",":
        return recurring >= max(1, 0.3 * len(tokens))
    between_digits = sum(n for level, n in counted if re.search(r"\d,\d", level))
    return (
        rows >= 0.3 * column.filled
        and len(counted) > 3
        and between_digits == 0
        and recurring >= 0.8 * len(tokens)
        and len(tokens) <= column.distinct
    )


def decimal_mark(column: Column) -> str | None:
    """Return a comma where a number column can only have been written with decimal commas, else None."""
    if column.kind != "VARCHAR" or column.count("point"):
        return None
    if column.count("comma"):
        return ","
    dotted = column.values["ambiguous"] & column.values["raw"].str.contains(".", regex=False)
    whole = column.values["raw"].str.fullmatch(r"[+-]?\d{1,3}")
    # 1.250 beside 80 and 640 is more likely a thousand than a fraction.
    return "," if dotted.any() and whole.any() and (dotted | whole | ~column.values["told"]).all() else None


def level_order(column: Column) -> tuple[str, ...] | None:
    """Return the levels from low to high where each is a range of numbers (``11-50``, ``200+``), else None."""
    lows: dict[str, tuple[float, float]] = {}
    for level in column.levels:
        found = _RANGE.fullmatch(level)
        if not found:
            return None
        digits = re.sub(r"[.,' ]", "", found[1])
        scale = {"k": 1e3, "m": 1e6}.get(found[2].lower(), 1.0)
        below = -0.5 if re.match(r"\s*(<|up to|under|less)", level) else 0.0
        lows[level] = (float(digits) * scale, 0.5 if found[3] == "+" else below)
    distinct = len(set(lows.values())) == len(lows) and len(lows) >= 3
    ranged = sum(bool(re.search(r"[-–—+<]|to|more|over|above", level)) for level in lows) >= len(lows) - 1
    return tuple(sorted(lows, key=lambda level: lows[level])) if distinct and ranged else None


def unit_of(name: str, currency: str | None) -> str | None:
    """Return the unit that a name tells, None where it tells none.

    >>> unit_of("number of employees", None), unit_of("annual revenue", "EUR"), unit_of("employee growth pct", None)
    ('people', 'EUR', '%')
    """
    for code, unit in _CODES:
        if code in name.split():
            return unit
    found = next((unit for pattern, unit in _UNITS if re.search(pattern, name)), None)
    if found is None and re.search(r"\bemployee (count|number)\b", name):
        return "people"
    return currency if found is None and _MONEY.search(name) else found


def short(text: str) -> str:
    """Return a cell for a comment, quoted and shortened, on one line."""
    return repr(text if len(text) <= 30 else text[:27] + "...")


def _counted(column: Column) -> list[tuple[str, int]]:
    """Return each level with its rows."""
    return [(str(raw), int(n)) for raw, n in zip(column.values["raw"], column.values["n"], strict=True)]
