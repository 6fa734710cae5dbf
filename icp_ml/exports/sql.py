"""Score, tier and matched criteria as one SELECT, in any of the dialects. Contract, sections 3 and 5."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from icp_ml.conditions import Rule, write_rule
from icp_ml.exports.cells import Expression, column, joined, text_literal, written
from icp_ml.exports.dialects import Dialect
from icp_ml.exports.scope import Scope, plain
from icp_ml.exports.sql_rows import from_part, typed_names, typed_rows
from icp_ml.exports.sql_writer import SqlWriter
from icp_ml.release.rules import GREEN, RED, YELLOW

_LONGEST = 100_000
_SEGMENTS = "segments: only sql has them, exported with --segment"
_CHANCES = "chances (p_win, p_churn) and reasons: they need icp score or the release's MLflow model"
_BLANKS = "Blanks inside brackets and quotes are Unicode's 17 space separators, which icp score trims too."


def sql_text(scope: Scope, dialect: Dialect, table: str, *, segment: bool = False) -> str:
    """Return the SELECT behind a comment that says what it is and what it cannot say.

    Parameters
    ----------
    scope : Scope
        What is exported.
    dialect : Dialect
        Engine it is for.
    table : str
        Table of accounts; a dot stands between schema and table.
    segment : bool, default False
        Whether a column ``segment`` follows the four of the contract.
    """
    comment = "".join(f"-- {line}\n" for line in comment_lines(scope, dialect, segment=segment))
    return comment + written(sql_query(scope, dialect, table, segment=segment), dialect) + "\n"


def comment_lines(scope: Scope, dialect: Dialect, *, segment: bool = False) -> list[str]:
    """Return what stands before the SELECT."""
    return [
        *scope.heading(),
        f"For {dialect.name}, over the {scope.names} column names. Rules:",
        *(f"  {line}" for line in scope.rule_lines()),
        "What this form cannot say, or needs:",
        *(f"  - {limit}" for limit in sql_limits(scope, dialect, segment=segment)),
        _BLANKS,
        *(
            [f"OFFSET 0 keeps {dialect.name} from working out an inner layer once for each time it is named."]
            * dialect.repeats
        ),
    ]


def sql_limits(scope: Scope, dialect: Dialect, *, segment: bool = False) -> list[str]:
    """Return what the SELECT cannot say, or what the table must be like."""
    said = [_CHANCES] if segment else [_CHANCES, _SEGMENTS]
    if scope.account_column("observed_at") is None:
        said.append("the table must hold one row an account")
    else:
        said.append("of several rows of one account with the same date, any may count; dates must be dates or ISO text")
    commas = [name for name, attribute in scope.attributes.items() if attribute.decimal == ","]
    if commas and not dialect.reads_numbers_for_people:
        said.append(
            f"{', '.join(map(plain, commas))}: text with a decimal comma is read wrongly here; load it as numbers"
        )
    return said + list(dialect.limits)


def sql_query(
    scope: Scope,
    dialect: Dialect,
    table: str,
    *,
    segment: bool = False,
    reasons: bool = False,
    carried: Sequence[str] = (),
) -> exp.Select:
    """Return the SELECT: cells are typed, then rules hold or not, then points are added, then a tier is named.

    Parameters
    ----------
    scope, dialect, table, segment
        As in :func:`sql_text`.
    reasons : bool, default False
        Whether the JSON text of ``icp score`` follows: what is said of each rule that holds, with its points.
    carried : sequence of str
        Columns of the table that come last, as they are, for an engine that adds what SQL cannot say.
    """
    last = [*(["reasons"] if reasons else []), *(["segment"] if segment else [])]
    last += [column(name).sql(dialect=dialect.sqlglot) for name in carried]
    scored = from_part(_summed(scope, dialect, table, last, carried), "summed", dialect).select(
        "account_id",
        "CASE WHEN points > 100 THEN 100 WHEN points < 0 THEN 0 ELSE points END AS icp_score",
        "refused",
        "matched_criteria",
        *last,
        dialect=dialect.sqlglot,
    )
    tier = exp.alias_(_tier(scope), "icp_tier")
    outer = from_part(scored, "scored", dialect)
    return outer.select("account_id", "icp_score", tier, "matched_criteria", *last, dialect=dialect.sqlglot)


def _summed(scope: Scope, dialect: Dialect, table: str, last: Sequence[str], carried: Sequence[str]) -> exp.Select:
    """Return the SELECT of points, refusals, matched ids and, where they are asked for, reasons."""
    flags = {f"holds_{rule.id.lower()}": rule for rule in scope.rules.rules}
    own = {rule.rule: name for name, rule in flags.items()}
    lines = [line for line in scope.rules.reasons if line.points]
    # A line of the scorecard mostly is its criterion's own rule.
    others = {f"line_{i}": line.rule for i, line in enumerate(lines, 1) if line.rule not in own}
    named = own | {rule: name for name, rule in others.items()}
    rules = {name: rule.rule for name, rule in flags.items()} | others
    held = _held(scope, dialect, table, rules, "segment" in last, carried)
    points = _sum([exp.Literal.number(scope.rules.base), *(_if(named[x.rule], x.points, 0) for x in lines)])
    refused = _sum([exp.Literal.number(0), *(exp.column(name) for name, rule in flags.items() if rule.excludes)])
    matched = _matched({name: rule.id for name, rule in flags.items()})
    told = {line: text_literal(f", {line.as_json()}", dialect) for line in scope.rules.reasons}
    reasons = _enclosed([_if_text(named[line.rule], text) for line, text in told.items()])
    return from_part(held, "held", dialect).select(
        "account_id",
        exp.alias_(points, "points"),
        exp.alias_(refused, "refused"),
        exp.alias_(matched, "matched_criteria"),
        *(exp.alias_(reasons, name) if name == "reasons" else name for name in last),
        dialect=dialect.sqlglot,
    )


def _held(
    scope: Scope, dialect: Dialect, table: str, rules: dict[str, Rule], segment: bool, carried: Sequence[str]
) -> exp.Select:
    """Return the SELECT that has 1 where a rule holds, else 0, and the segment where it is asked for."""
    segments = scope.segments.rules if segment else ()
    asked = [*rules.values(), *(rule for _, rule in segments)]
    used = scope.used(attribute for rule in asked for attribute in rule.attributes)
    names = typed_names(used)
    writer = SqlWriter(names, used, dialect)
    rest = [column(name) for name in carried]
    typed = typed_rows(scope, dialect, table, used, names).select(*rest)
    held = from_part(typed, "typed", dialect).select("account_id", *(column(name) for name in carried))
    for name, rule in rules.items():
        holds = exp.Case().when(write_rule(rule, writer), exp.Literal.number(1)).else_(exp.Literal.number(0))
        held = held.select(exp.alias_(holds, name))
    if not segment:
        return held
    if not segments:
        return held.select(exp.alias_(exp.Literal.string(""), "segment"))
    case = exp.Case()
    for name, rule in segments:
        case = case.when(write_rule(rule, writer), text_literal(name, dialect))
    return held.select(exp.alias_(case.else_(exp.Literal.string("")), "segment"))


def _sum(terms: Sequence[Expression]) -> Expression:
    total, *rest = terms
    for term in rest:
        total = exp.Add(this=total, expression=term)
    return total


def _if(flag: str, then: int | str, otherwise: int | str) -> Expression:
    holds = exp.EQ(this=exp.column(flag), expression=exp.Literal.number(1))
    return exp.Case().when(holds, _value(then)).else_(_value(otherwise))


def _value(value: int | str) -> Expression:
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Neg(this=exp.Literal.number(-value)) if value < 0 else exp.Literal.number(value)


def _if_text(flag: str, then: Expression) -> Expression:
    holds = exp.EQ(this=exp.column(flag), expression=exp.Literal.number(1))
    return exp.Case().when(holds, then).else_(exp.Literal.string(""))


def _enclosed(parts: Sequence[Expression]) -> Expression:
    """Return texts that each begin with a comma and a space as one list in brackets, the first comma cut off."""
    inner = joined([exp.Literal.string(""), *parts])
    cut = exp.Substring(this=inner, start=exp.Literal.number(3), length=exp.Literal.number(_LONGEST))
    return joined([exp.Literal.string("["), cut, exp.Literal.string("]")])


def _matched(ids: dict[str, str]) -> Expression:
    """Return the ids whose flag is 1, joined by ``;``: each with one before it, the first one cut off."""
    if not ids:
        return exp.Literal.string("")
    parts = joined([_if(name, f";{rule_id}", "") for name, rule_id in ids.items()])
    return exp.Substring(this=parts, start=exp.Literal.number(2), length=exp.Literal.number(_LONGEST))


def _tier(scope: Scope) -> Expression:
    rules = scope.rules
    return (
        exp.Case()
        .when(exp.condition(f"refused > 0 OR icp_score < {rules.red}"), _value(RED))
        .when(exp.condition(f"icp_score >= {rules.green}"), _value(GREEN))
        .else_(_value(YELLOW))
    )
