"""Scores from which rules hold, as files are scored, against the pandas view, which is the reference."""

from __future__ import annotations

import copy
import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.release import batches, combinations
from icp_ml.release.folder import Release, write_release
from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.release.scored import score_accounts
from icp_ml.release.scoring import score_file

NUMBERS = [39.999999, 40.0, 49.999999, 50.0, 500.0, 500.0000001]
LEVELS = ["retail", "Retail", " retail", 'O\'Neil "x"', "ähnlich", "新しい", "'; DROP TABLE x", "a;b", "NULL"]
TAGS = ["zendesk", "Zendesk", "zen'desk", "jira", "zendesk;jira", "größe", "two words"]


def drawn_condition(rng: np.random.Generator) -> Condition:
    """Draw one condition, of any operator."""
    unknown = bool(rng.random() < 0.3)
    low, high = sorted(rng.choice(NUMBERS, 2))
    some = tuple(str(v) for v in rng.choice([*LEVELS, "in no account"], rng.integers(1, 4), replace=False))
    tags = tuple(str(v) for v in rng.choice([*TAGS, "in no account"], rng.integers(1, 3), replace=False))
    return [
        Condition("employee_count", "between", (float(low), float(high)), unknown),
        Condition("employee_count", str(rng.choice(["at_least", "at_most", "above", "below"])), float(low), unknown),
        Condition("industry", str(rng.choice(["in", "not_in"])), some, unknown),
        Condition("has_revops", "is", bool(rng.random() < 0.5), unknown),
        Condition("tech_stack", "has", tags[0], unknown),
        Condition("tech_stack", str(rng.choice(["has_any", "has_none"])), tags, unknown),
    ][rng.integers(6)]


def drawn_document(document: dict[str, Any], rng: np.random.Generator, rules: int) -> dict[str, Any]:
    """Return a document with so many rules more, some of them with a line of the scorecard, some with several."""
    document = copy.deepcopy(document)
    for number in range(3, 3 + rules):
        kind = str(rng.choice(["include", "include", "exclude"]))
        id_ = f"{'C' if kind == 'include' else 'X'}{number}"
        rule = Rule(tuple(drawn_condition(rng) for _ in range(rng.integers(1, 4))))
        text = f'it\'s "{number}" \\ größer — 新'
        entry = {**document["criteria"][2], "id": id_, "kind": kind, "text": text, "when": rule.jsonlogic()}
        document["criteria"].append(entry | {"status": str(rng.choice(["proposed", "accepted", "rejected"]))})
        for _ in range(rng.integers(0, 3)):
            line = rule if rng.random() < 0.7 else Rule((drawn_condition(rng),))
            item = {"criterion": id_, "attribute": line.attributes[0], "when": line.jsonlogic(), "text": text}
            document["scorecard"]["items"].append({**item, "points": int(rng.integers(-9, 10))})
    return document


def drawn_accounts(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return typed accounts as the pandas view takes them."""
    some = [tuple(str(t) for t in rng.choice(TAGS, rng.integers(0, 4), replace=False)) for _ in range(rows)]
    tags = np.empty(rows, dtype=object)
    tags[:] = some
    index = pd.Index([f"a{i}" for i in range(rows)], name="account_id", dtype="str")
    return pd.DataFrame(
        {
            "employee_count": pd.Series(rng.choice([np.nan, *NUMBERS], rows), index=index),
            "industry": pd.Series(rng.choice(np.array([None, *LEVELS], dtype=object), rows), index=index, dtype="str"),
            "has_revops": pd.array(rng.choice(np.array([None, True, False], dtype=object), rows), dtype="boolean"),
            "tech_stack": tags,
        },
        index=index,
    )


def written(frame: pd.DataFrame, path: Path) -> Path:
    """Write accounts as people's files have them."""
    words = {True: "yes", False: "0"}
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["account_id", *frame.columns])
        for row in frame.itertuples():
            number = "" if np.isnan(row.employee_count) else repr(float(row.employee_count))
            industry = "" if pd.isna(row.industry) else row.industry
            revops = "" if pd.isna(row.has_revops) else words[bool(row.has_revops)]
            out.writerow([row.Index, number, industry, revops, "|".join(row.tech_stack)])
    return path


@pytest.mark.parametrize(("seed", "rules"), [(0, 0), (1, 1), (2, 8), (3, 20), (4, 90), (5, 140)])
def test_a_file_scores_to_the_byte_as_the_pandas_view_does(tmp_path, document, parts, monkeypatch, seed, rules):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(batches, "BATCH_ROWS", 2048)
    monkeypatch.setattr(combinations, "REMEMBERED", 50)
    drawn = drawn_document(document, rng, rules)
    release = Release.load(write_release(tmp_path / "drawn", replace(parts, criteria=drawn)))
    frame = drawn_accounts(rng, 5000)
    inside = score_accounts(frame, release.rules, release.segment_rules, release.attributes, {})
    out = tmp_path / "scored.parquet"
    score_file(written(frame, tmp_path / "accounts.csv"), release, out, allow_missing=True, models=False)
    scored = pq.read_table(out).to_pandas()
    for column in ("account_id", "icp_score", "icp_tier", "matched_criteria", "reasons", "segment"):
        assert scored[column].tolist() == inside[column].tolist(), column
    assert rules < 20 or scored["reasons"].nunique() > 50, "more combinations than are remembered"


def test_what_is_told_of_a_combination_is_what_the_pandas_view_says_of_its_rows(document, latest):
    rules = ActiveRules.from_document(document)
    reference = rules.score_frame(latest)
    masks = [rule.mask(latest) for rule in rules.distinct]
    for row in range(len(latest)):
        told = rules.told({rule for rule, mask in zip(rules.distinct, masks, strict=True) if mask[row]})
        assert [told.score, told.tier, told.matched, told.reasons] == reference.iloc[row].tolist()


def test_a_rule_that_several_things_rest_on_is_asked_once(document):
    # X1, C1 and their lines of the scorecard, and C2, which has no line: three rules; X2 is rejected
    assert len(ActiveRules.from_document(document).distinct) == 3


def test_without_any_rule_every_account_has_the_base_and_no_segment(tmp_path, document, parts, latest):
    document["criteria"], document["scorecard"]["items"] = [], []
    release = Release.load(write_release(tmp_path / "empty", replace(parts, criteria=document)))
    release.__dict__["segment_rules"] = SegmentRules(())
    out = tmp_path / "scored.parquet"
    score_file(written(latest, tmp_path / "accounts.csv"), release, out, allow_missing=True, models=False)
    row = {"icp_score": 52, "icp_tier": "yellow", "matched_criteria": "", "reasons": "[]", "segment": ""}
    found = pq.read_table(out).select(list(row)).to_pylist()
    assert found == [row] * 6
