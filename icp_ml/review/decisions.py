"""What a person decides on a release: from the command line, or from a file such as the report's What if writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from icp_ml.config.spelling import parse_yaml
from icp_ml.errors import ConfigError

SCHEMA_VERSION = "1.0"
_RuleId = Annotated[str, Field(pattern=r"^[CX][1-9][0-9]*$")]
_Words = Annotated[str, Field(min_length=1)]
Spelled = Mapping[str, Any]
"""A condition as a config spells it, for instance ``{"attribute": "n", "below": 40}``."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Read = TypeVar("_Read", bound=_Strict)


class NewRule(_Strict):
    """A rule that a person adds."""

    kind: Literal["include", "exclude"]
    when: Annotated[list[dict[str, Any]], Field(min_length=1)]
    text: _Words | None = None
    reason: str | None = None


class Edges(_Strict):
    """Where tiers begin and end; one that is not named stays."""

    green: Annotated[int, Field(ge=0, le=100)] | None = None
    red: Annotated[int, Field(ge=0, le=100)] | None = None


class _File(_Strict):
    schema_version: Annotated[str, Field(pattern=r"^1\.[0-9]+$")] = SCHEMA_VERSION
    release_id: str | None = None
    by: str = ""
    note: str = ""
    accept: list[_RuleId] = []
    reject: list[_RuleId] = []
    rename: dict[_RuleId, _Words] = {}
    edit: dict[_RuleId, Annotated[list[dict[str, Any]], Field(min_length=1)]] = {}
    add: list[NewRule] = []
    tiers: Edges = Edges()


@dataclass(frozen=True)
class Threshold:
    """One value of a rule set anew: the condition on ``attribute`` with ``operator`` takes ``value``."""

    rule: str
    attribute: str
    operator: str
    value: Any


@dataclass(frozen=True)
class Decisions:
    """What one person decides at one time.

    Parameters
    ----------
    by, note : str
        Who, and why.
    accept, reject : tuple of str
        Ids of rules.
    rename : dict of str to str
        Rule id to new words.
    edit : dict of str to list of mapping
        Rule id to all its conditions, as a config spells them.
    thresholds : tuple of Threshold
        Single values set anew.
    add : tuple of NewRule
        Rules to add.
    tiers : Edges
        Tier edges to move.
    release_id : str or None
        The release they were taken on, where that is known.
    """

    by: str = ""
    note: str = ""
    accept: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    edit: Mapping[str, Sequence[Spelled]] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    add: tuple[NewRule, ...] = ()
    tiers: Edges = field(default_factory=Edges)
    release_id: str | None = None

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        moved = self.tiers.green is not None or self.tiers.red is not None
        return moved or any((self.accept, self.reject, self.rename, self.edit, self.thresholds, self.add))

    def beside(self, other: Decisions) -> Decisions:
        """Return these decisions and others together; a name, a reason or an edge given here counts."""
        return Decisions(
            by=self.by or other.by,
            note=self.note or other.note,
            accept=tuple(dict.fromkeys((*other.accept, *self.accept))),
            reject=tuple(dict.fromkeys((*other.reject, *self.reject))),
            rename={**other.rename, **self.rename},
            edit={**other.edit, **self.edit},
            thresholds=(*other.thresholds, *self.thresholds),
            add=(*other.add, *self.add),
            tiers=Edges(
                green=other.tiers.green if self.tiers.green is None else self.tiers.green,
                red=other.tiers.red if self.tiers.red is None else self.tiers.red,
            ),
            release_id=self.release_id or other.release_id,
        )


def read_decisions(text: str, where: str) -> Decisions:
    """Read a file of decisions, JSON or YAML.

    Parameters
    ----------
    text : str
        Its content.
    where : str
        What messages call it.

    Raises
    ------
    ConfigError
        With everything that is wrong with it.
    """
    found = parse_yaml(text, where)
    if not isinstance(found, dict):
        raise ConfigError(
            f"{where}: decisions must be a mapping with keys such as accept, reject, tiers; found "
            f"{'nothing' if found is None else f'a {type(found).__name__}'}; copy them whole from the report"
        )
    told = _checked(_File, found, where)
    return Decisions(
        by=told.by,
        note=told.note,
        accept=tuple(told.accept),
        reject=tuple(told.reject),
        rename=dict(told.rename),
        edit=dict(told.edit),
        add=tuple(told.add),
        tiers=told.tiers,
        release_id=told.release_id,
    )


def read_new_rules(text: str, where: str) -> tuple[NewRule, ...]:
    """Read a file of rules to add: one, or a list of them, each with ``kind``, ``when`` and, if wanted, ``text``.

    Raises
    ------
    ConfigError
        With everything that is wrong with it.
    """
    found = parse_yaml(text, where)
    listed = found if isinstance(found, list) else [found]
    if not all(isinstance(rule, dict) for rule in listed):
        raise ConfigError(
            f"{where}: each rule to add must be a mapping such as "
            "{kind: exclude, when: [{attribute: employee_count, below: 20}]}; found "
            f"{', '.join(type(rule).__name__ for rule in listed)}"
        )
    return tuple(_checked(NewRule, rule, f"{where}, rule {at}") for at, rule in enumerate(listed, 1))


def parse_rename(given: str) -> tuple[str, str]:
    """Read ``C1=New words``.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    rule, sign, words = given.partition("=")
    if not sign or not words.strip():
        raise ConfigError(
            f'--rename {given!r} must be a rule and its new words, for instance --rename C1="Large firms"'
        )
    return rule.strip(), words.strip()


def parse_threshold(given: str) -> Threshold:
    """Read ``X2.employee_count.below=20``; the value is YAML, so that ``[50, 400]`` is a range or a list.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    place, sign, value = given.partition("=")
    parts = [part.strip() for part in place.split(".")]
    if not sign or len(parts) != 3 or not all(parts) or not value.strip():
        raise ConfigError(
            f"--edit {given!r} must be RULE.ATTRIBUTE.OPERATOR=VALUE, for instance X2.employee_count.below=20 or "
            "C1.industry.in=[fintech, healthtech]"
        )
    rule, attribute, operator = parts
    return Threshold(rule, attribute, operator, parse_yaml(value, f"--edit {place}"))


def _checked(kind: type[_Read], found: Mapping[str, Any], where: str) -> _Read:
    try:
        return kind.model_validate(found)
    except ValidationError as err:
        told = [f"{'.'.join(map(str, e['loc'])) or 'it'}: {_must(e)}" for e in err.errors()]
        raise ConfigError(f"{where}: {'; '.join(told)}; see 'icp review --help'") from err


def _must(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "no such key"
    return f"{error['msg'][:1].lower()}{error['msg'][1:]}"
