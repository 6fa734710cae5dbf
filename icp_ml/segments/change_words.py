"""What became of a segment, in words for a reader who knows no statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icp_ml.segments.transitions import Change
from icp_ml.wording import label_words, list_words

_NOWHERE = "no segment"


@dataclass(frozen=True)
class Named:
    """Segments of one release as a reader knows them, in order.

    Parameters
    ----------
    ids, rules : tuple of str
        Ids, and rules in words.
    gone : tuple of tuple of str
        For each rule, the attributes on which it can no longer be tried.
    """

    ids: tuple[str, ...]
    rules: tuple[str, ...]
    gone: tuple[tuple[str, ...], ...] = ()

    def full(self, at: int) -> str:
        """Return a segment with its rule."""
        return f"{self.ids[at]} “{self.rules[at]}”"


def change_words(change: Change, counts: np.ndarray, before: Named, now: Named) -> str:
    """Return what became of some segments, in one to three short sentences.

    Parameters
    ----------
    change : Change
        What happened to which.
    counts : ndarray of int, shape (earlier + 1, new + 1)
        How many accounts went from where to where, "no segment" last.
    before, now : Named
        The segments of both releases.
    """
    if change.kind == "split":
        return _split(change, counts, before, now)
    if change.kind == "merged":
        return _merged(change, counts, before, now)
    if change.kind == "born":
        return _born(change.now[0], counts, before, now)
    if change.kind == "died":
        return _died(change.before[0], counts, before, now)
    return _same_id(change, counts, before, now)


def _same_id(change: Change, counts: np.ndarray, before: Named, now: Named) -> str:
    old, new = change.before[0], change.now[0]
    stayed, held = int(counts[old, new]), int(counts[old].sum())
    left, joined = held - stayed, int(counts[:, new].sum()) - stayed
    went = f"{left:,} of its {_accounts(held)} left, {joined:,} joined"
    alike = before.rules[old] == now.rules[new]
    was = "" if alike else f" Its rule was “{before.rules[old]}”."
    if change.kind == "kept":
        if left or joined:
            return f"{now.full(new)} is the same but for a few: {went}.{was}"
        return f"{now.full(new)} is the same, with the same {_accounts(held)}.{was}"
    if alike:
        return f"{now.full(new)} moved: {went}. Its rule is the same, but the rules that are tried before it are not."
    return f"{now.full(new)} moved: {went}.{was}"


def _split(change: Change, counts: np.ndarray, before: Named, now: Named) -> str:
    whole = change.before[0]
    parts = tuple(f"{now.full(at)} ({_accounts(int(counts[:, at].sum()))})" for at in change.now)
    held, there = int(counts[whole].sum()), int(counts[whole, list(change.now)].sum())
    share = f"All of its {_accounts(held)}" if there == held else f"{there:,} of its {_accounts(held)}"
    return f"{before.full(whole)} split into {list_words(parts, 'and')}. {share} are in these."


def _merged(change: Change, counts: np.ndarray, before: Named, now: Named) -> str:
    whole = change.now[0]
    parts = tuple(before.full(at) for at in change.before)
    held, brought = int(counts[:, whole].sum()), int(counts[list(change.before), whole].sum())
    share = "all of them" if brought == held else f"{brought:,} of them"
    named = list_words(parts, "and")
    return f"{named} are one segment now: {now.full(whole)}, {_accounts(held)}, {share} from these."


def _born(at: int, counts: np.ndarray, before: Named, now: Named) -> str:
    held = int(counts[:, at].sum())
    return f"{now.full(at)} is new, with {_accounts(held)}. {_most(counts[:, at], before.ids, 'before')}"


def _died(at: int, counts: np.ndarray, before: Named, now: Named) -> str:
    if before.gone and before.gone[at]:
        names = list_words(tuple(label_words(name) for name in before.gone[at]), "and")
        return f"{before.full(at)} is gone: the data no longer has {names} as its rule needs it."
    if not counts[at].sum():
        return f"{before.full(at)} is gone: no account falls to it any more."
    return f"{before.full(at)} is gone. {_most(counts[at], now.ids, 'now')}"


def _most(shared: np.ndarray, ids: tuple[str, ...], when: str) -> str:
    """Say where most of a segment's accounts were, or are."""
    held, largest = int(shared.sum()), int(np.argmax(shared))
    where, n = (*ids, _NOWHERE)[largest], int(shared[largest])
    verb = "were" if when == "before" else "are"
    if held == 1:
        return f"It {'was' if when == 'before' else 'is'} in {where} {when}."
    if n == held:
        return f"All of these accounts {verb} in {where} {when}." if held else ""
    return f"{n:,} of its {_accounts(held)} {verb if n > 1 else 'was' if when == 'before' else 'is'} in {where} {when}."


def _accounts(n: int) -> str:
    return f"{n:,} account{'' if n == 1 else 's'}"
