"""What is said of whole batches of accounts, worked out once for each combination of rules that holds.

Score, tier, matched ids and reasons follow from which rules hold. The engine gives that as whole numbers, a bit a rule;
rows fall into few combinations, so the words are put together once for each and rows point to them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from icp_ml.release.rules import ActiveRules, SegmentRules, Told

BITS = 62
"""Rules in one whole number of 64 bits, whose sum must not overflow."""

REMEMBERED = 65_536
"""Combinations kept from one batch to the next, so that memory stays bounded where every account is its own."""

SEGMENT = "segment_place"


class Combinations:
    """Turns the bits of a batch into the columns of ``icp score``.

    Parameters
    ----------
    rules : ActiveRules
        What the bits stand for: its distinct rules, in order.
    segments : SegmentRules
        What the position of a segment stands for.
    """

    def __init__(self, rules: ActiveRules, segments: SegmentRules) -> None:
        self._rules, self._segments = rules, segments
        self._known: dict[tuple[int, ...], Told] = {}
        self._words = max(1, -(-len(rules.distinct) // BITS))

    def sql(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Return, by column, the SQL that :meth:`columns` needs, over typed column expressions by attribute."""
        bits = [rule.sql(columns) for rule in self._rules.distinct]
        words = {name: _bits_sql(bits[i * BITS : (i + 1) * BITS]) for i, name in enumerate(self._names)}
        return {**words, SEGMENT: f"CAST({self._segments.sql(columns)} AS INTEGER)"}

    def columns(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """Return ``icp_score`` and, dictionary-encoded, the columns of words of ``icp score``."""
        combinations, codes = _distinct([batch.column(name) for name in self._names])
        told = [self._told(combination) for combination in combinations]
        scores = np.array([t.score for t in told], dtype=np.int32)
        places = batch.column(SEGMENT)
        return {
            "icp_score": pa.array(scores[codes.to_numpy()]) if len(codes) else pa.array([], pa.int32()),
            "icp_tier": _pointing([t.tier for t in told], codes),
            "matched_criteria": _pointing([t.matched for t in told], codes),
            "reasons": _pointing([t.reasons for t in told], codes),
            "segment": pa.DictionaryArray.from_arrays(places, pa.array(self._segments.names, pa.string())),
        }

    @property
    def _names(self) -> list[str]:
        return [f"holding_{i}" for i in range(self._words)]

    def _told(self, combination: tuple[int, ...]) -> Told:
        found = self._known.get(combination)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            bits = (combination[i // BITS] >> i % BITS & 1 for i in range(len(self._rules.distinct)))
            holding = {rule for rule, bit in zip(self._rules.distinct, bits, strict=True) if bit}
            found = self._known[combination] = self._rules.told(holding)
        return found


def _bits_sql(bits: list[str]) -> str:
    cases = (f"CASE WHEN {holds} THEN CAST({1 << i} AS BIGINT) ELSE 0 END" for i, holds in enumerate(bits))
    return " + ".join(["CAST(0 AS BIGINT)", *cases])


def _distinct(words: list[pa.Array]) -> tuple[list[tuple[int, ...]], pa.Array]:
    """Return the combinations there are, and for each row the position of its own."""
    if len(words) == 1:
        encoded = words[0].dictionary_encode()
        return [(value,) for value in encoded.dictionary.to_pylist()], encoded.indices
    rows = np.column_stack([word.to_numpy() for word in words])
    combinations, codes = np.unique(rows, axis=0, return_inverse=True)
    return [tuple(row) for row in combinations.tolist()], pa.array(codes.ravel().astype(np.int32))


def _pointing(texts: list[str], codes: pa.Array) -> pa.DictionaryArray:
    """Return the texts the codes stand for, each different text held once."""
    words = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(codes), words.dictionary)
