"""A release carries its cohort, to the last figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.errors import DataError
from icp_ml.release.document import attribute_entries
from icp_ml.release.folder import COHORT, SIGNALS, Release, write_release
from icp_ml.release.kept_cohort import KeptCohort, cohort_arrow, kept_cohort, signals_arrow
from icp_ml.release.parts import attributes_arrow
from icp_ml.sample import write_sample
from icp_ml.tables.reading import read_tables

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A config and a cohort with every column filled somewhere and empty elsewhere."""
    folder = tmp_path_factory.mktemp("kept")
    write_sample(folder / "crm", accounts=300, seed=4)
    (folder / "icp.yaml").write_text(CONFIG.read_text(encoding="utf-8").replace("../data/sample", "crm"), "utf-8")
    config = load_config(folder / "icp.yaml")
    return config, build_cohort(read_tables(config, folder), config)


def _written(parts, config, kept, folder):
    own = replace(
        parts,
        criteria={**parts.criteria, "attributes": attribute_entries(config)},
        cohort=cohort_arrow(kept, config.attributes),
        attributes=attributes_arrow(kept.cohort.latest, config.attributes),
        signals=signals_arrow(kept.cohort),
    )
    return Release.load(write_release(folder, own))


def test_the_cohort_comes_back_as_it_was(sample, parts, tmp_path):
    config, cohort = sample
    part = pd.Series("evidence", index=cohort.accounts.index[cohort.decided])
    now = {"territory": pd.Series(["EMEA", "North"], index=cohort.accounts.index[[0, 5]])}
    found = kept_cohort(_written(parts, config, KeptCohort(cohort, part, now), tmp_path / "release"))
    pd.testing.assert_frame_equal(found.cohort.accounts[cohort.accounts.columns], cohort.accounts)
    pd.testing.assert_frame_equal(found.cohort.attributes[cohort.attributes.columns], cohort.attributes)
    pd.testing.assert_frame_equal(found.cohort.latest[cohort.latest.columns], cohort.latest)
    pd.testing.assert_frame_equal(found.cohort.signals, cohort.signals)
    plain = ("horizon", "as_of", "follow_up_until", "has_wins", "has_churn", "currency", "counts", "notes")
    assert [getattr(found.cohort, name) for name in plain] == [getattr(cohort, name) for name in plain]
    assert found.part.dropna().to_dict() == part.to_dict()
    assert found.now["territory"].dropna().to_dict() == now["territory"].to_dict()
    assert found.now["owner"].isna().all()


def test_a_column_of_the_cohort_that_is_not_kept_would_be_missed(sample, parts, tmp_path):
    config, cohort = sample
    kept = KeptCohort(cohort, pd.Series(dtype="str"))
    assert set(cohort.accounts.columns) <= set(cohort_arrow(kept, config.attributes).column_names)


def test_without_signals_there_is_no_file_of_them(release, parts, whole_cohort, tmp_path):
    assert (release.folder / SIGNALS).is_file() == (parts.signals is not None)
    silent = KeptCohort(replace(whole_cohort.cohort, signals=None), whole_cohort.part)
    again = Release.load(write_release(tmp_path / "silent", replace(parts, signals=signals_arrow(silent.cohort))))
    assert not (again.folder / SIGNALS).exists()
    assert kept_cohort(again).cohort.signals is None


def test_a_release_of_an_earlier_version_says_what_to_do(release):
    table = pq.read_table(release.folder / COHORT).replace_schema_metadata(None)
    pq.write_table(table, release.folder / COHORT)
    with pytest.raises(DataError, match="does not carry its cohort: an earlier version wrote it; run 'icp discover'"):
        kept_cohort(release)
