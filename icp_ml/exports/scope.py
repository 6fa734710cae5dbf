"""What an export is made of: the rules that count, the columns they read, and what its first lines say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from icp_ml.config.schema import Attribute
from icp_ml.release.active import active_document
from icp_ml.release.folder import Release
from icp_ml.release.rules import ActiveRules, SegmentRules

Names = Literal["source", "standard"]
_KINDS = {"include": "pursue", "exclude": "refuse"}


@dataclass(frozen=True)
class Scope:
    """A release as an export sees it.

    Parameters
    ----------
    release : Release
        What is exported.
    names : {"source", "standard"}
        Whether columns are called as in the company's own tables, or by their standard names.
    accepted_only : bool
        Whether only rules that a person decided on count.
    """

    release: Release
    names: Names = "source"
    accepted_only: bool = False

    @cached_property
    def document(self) -> dict[str, Any]:
        """``criteria.json`` with the rules that count, and no other."""
        return active_document(self.release.criteria, self.accepted_only)

    @cached_property
    def rules(self) -> ActiveRules:
        """The rules that count."""
        return ActiveRules.from_document(self.document)

    @property
    def segments(self) -> SegmentRules:
        """The segments' rules, which nobody accepts or rejects."""
        return self.release.segment_rules

    @property
    def attributes(self) -> dict[str, Attribute]:
        """Attributes that the rules use, in order of first use."""
        return self.used(self.rules.attributes)

    def used(self, names: Iterable[str]) -> dict[str, Attribute]:
        """Return the named attributes, each once."""
        return {name: self.release.attributes[name] for name in dict.fromkeys(names)}

    def column(self, attribute: str) -> str:
        """Return the column that an attribute is read from."""
        if self.names == "standard":
            return attribute
        return str(self.release.criteria["attributes"][attribute]["column"])

    def booleans(self, attribute: str) -> Mapping[str, str] | None:
        """Return a category's words for true and false, where it says yes or no alone."""
        found: Mapping[str, str] | None = self.release.criteria["attributes"][attribute].get("booleans")
        return found

    def account_column(self, standard: str) -> str | None:
        """Return the column of ``account_id`` or ``observed_at``, None where the accounts have none.

        A release of before it was noted which of several possible columns was there names the likeliest.
        """
        criteria = self.release.criteria
        found: Mapping[str, str] | None = criteria.get("found_columns")
        if found is not None and standard not in found:
            return None
        if self.names == "standard":
            return standard if found is not None or standard == "account_id" else None
        if found is not None:
            return str(found[standard])
        return str(criteria.get("columns", {}).get(standard, [standard])[0]) if standard == "account_id" else None

    def review_words(self) -> str:
        """Return whether a person has reviewed the release, in a sentence."""
        review = self.document["review"]
        if review is None:
            return "Not reviewed: every rule is a proposal that no person has decided on."
        who = f" by {plain(review['by'])}" if review.get("by") else ""
        when = f" on {plain(review['on'])}" if review.get("on") else ""
        return f"Reviewed{who}{when}."

    def heading(self) -> list[str]:
        """Return the first lines of an export: what it is, whether it was reviewed, which rules it carries."""
        document = self.document
        rules = "accepted rules alone" if self.accepted_only else "all rules but rejected ones"
        count = len(document["criteria"])
        return [
            f"ICP of {plain(document['name'])}, release {plain(document['release_id'])}, as of {document['as_of']}",
            self.review_words(),
            f"Carries {rules}: {count} of {len(self.release.criteria['criteria'])}."
            + ("" if count else " Without a rule every account has the same score."),
        ]

    def rule_lines(self) -> list[str]:
        """Return each rule in a line: id, what it means for an account, status, words."""
        return [
            f"{c['id']} ({_KINDS[c['kind']]}, {c['status']}): {plain(c['text'])}" for c in self.document["criteria"]
        ]


def plain(text: Any) -> str:
    r"""Return text on one line, without anything that could end a comment.

    >>> plain("a\n; DROP TABLE x --")
    'a ; DROP TABLE x - -'
    """
    printable = "".join(c if c.isprintable() else " " for c in str(text))
    return re.sub(r"\s+", " ", printable).replace("--", "- -").replace("*/", "* /").replace("/*", "/ *").strip()
