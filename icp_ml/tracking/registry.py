"""Aliases in MLflow's model registry: which version is the champion, and which was found last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from icp_ml.errors import ConfigError
from icp_ml.tracking.recording import CHALLENGER, RELEASE, client_of, mlflow_store, registered_name
from icp_ml.tracking.stores import first_line, masked

CHAMPION = "champion"
OUTCOMES = ("churn", "win", RELEASE)
_TAG = "icp.release_id"
_CHECKSUM = "icp.checksum"


@contextmanager
def champion_alias(
    uri: str, name: str, release_id: str, tags: Mapping[str, str], checksum: str | None = None
) -> Iterator[dict[str, str]]:
    """Move the alias ``champion`` to a release's models; it moves back if the block fails.

    Parameters
    ----------
    uri : str
        MLflow tracking URI, absolute.
    name : str
        Company; its models are registered as ``icp-<name>-churn`` and ``icp-<name>-win``, its releases as
        ``icp-<name>``.
    release_id : str
        The new champion.
    tags : mapping
        Told of each of its versions, without the prefix ``icp.``; a former champion keeps its own.
    checksum : str, optional
        Of the release as it is now: where its rules changed after it was recorded, the version that holds the whole
        release would score by other rules, and does not become the champion.

    Yields
    ------
    dict of str to str
        Outcome to ``model/version``. An outcome for which the store has no version of this release has no champion
        then, since the alias would name another release.

    Raises
    ------
    ConfigError
        If the store cannot be reached or written; nothing was moved then.
    """
    with mlflow_store(uri) as errors:
        registry = None
        try:
            registry = _Registry(client_of(uri), name, checksum)
            moved = registry.move(release_id, tags)
        except errors as err:
            if registry is not None:
                registry.restore(errors)
            raise ConfigError(
                f"tracking.uri: the alias 'champion' was not moved, since {masked(uri)} could not be reached or "
                f"written ({first_line(err)}); the champion is the one of before"
            ) from err
        try:
            yield moved
        except BaseException:  # a stop from the keyboard must put the alias back, too
            registry.restore(errors)
            raise


class _Registry:
    """One company's registered models, and where their alias stood."""

    def __init__(self, client: Any, name: str, checksum: str | None) -> None:
        self.client, self.models = client, {outcome: registered_name(name, outcome) for outcome in OUTCOMES}
        self.checksum = checksum
        self.stood: dict[str, dict[str, str]] = {}

    def move(self, release_id: str, tags: Mapping[str, str]) -> dict[str, str]:
        """Point the alias to a release's versions."""
        versions = {outcome: self._version(outcome, release_id) for outcome in self.models}
        for outcome, version in versions.items():
            model = self.models[outcome]
            aliases = self._aliases(model)
            if aliases is None:
                continue
            if version is not None:
                for key, value in tags.items():
                    self.client.set_model_version_tag(model, version, f"icp.{key}", value)
            self.stood[model] = aliases
            self._point(model, CHAMPION, version)
            if version is not None and aliases.get(CHALLENGER) == version:
                self._point(model, CHALLENGER, None)
        return {o: f"{self.models[o]}/{version}" for o, version in versions.items() if version is not None}

    def restore(self, errors: tuple[type[Exception], ...]) -> None:
        """Put every alias back; what cannot be reached any more stays, since nothing else can be done."""
        for model, aliases in self.stood.items():
            try:
                for alias in (CHAMPION, CHALLENGER):
                    self._point(model, alias, aliases.get(alias))
            except errors:
                return

    def _point(self, model: str, alias: str, version: str | None) -> None:
        """Set an alias, or take it away where there is no version for it."""
        if version is not None:
            self.client.set_registered_model_alias(model, alias, version)
        elif alias in (self._aliases(model) or {}):
            self.client.delete_registered_model_alias(model, alias)

    def _aliases(self, model: str) -> dict[str, str] | None:
        """Aliases of a model; None where no such model was ever registered."""
        if not self.client.search_registered_models(f"name = '{model}'", max_results=1):
            return None
        found: Any = self.client.get_registered_model(model).aliases
        return {alias: str(version) for alias, version in found.items()}

    def _version(self, outcome: str, release_id: str) -> str | None:
        """Latest version of a release, for the same release may have been recorded twice."""
        wanted = f"name = '{self.models[outcome]}' and tags.`{_TAG}` = '{release_id}'"
        if outcome == RELEASE and self.checksum is not None:
            wanted += f" and tags.`{_CHECKSUM}` = '{self.checksum}'"
        found = self.client.search_model_versions(wanted)
        return str(max(int(v.version) for v in found)) if found else None
