"""From a folder of tables to a config that runs on it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from icp_ml.config.loading import as_text
from icp_ml.config.meaning import RESERVED, meaning_problems
from icp_ml.config.presets import merge_preset, preset_values
from icp_ml.config.problems import schema_problems
from icp_ml.config.schema import Config, Source, TableName
from icp_ml.config.spelling import parse_yaml
from icp_ml.config.standard import CONTRACT
from icp_ml.drafting.assigning import DraftTable, assign_files, link_accounts, match_columns
from icp_ml.drafting.attributes import Guess, guess_column
from icp_ml.drafting.profiles import File, profile_folder
from icp_ml.drafting.pull import guess_pull
from icp_ml.drafting.sections import table_sections
from icp_ml.drafting.spelling import listed
from icp_ml.drafting.timing import presence_reason
from icp_ml.drafting.vocabulary import run_together, words
from icp_ml.drafting.writing import Draft, NamedGuess, write_draft
from icp_ml.errors import DataError
from icp_ml.tables.reading import TablesReport, check_tables
from icp_ml.tables.tables import Tables

# Of a deal's own columns, those that people know when they open it; all others are told by how it went.
_KNOWN_AT_CREATION = re.compile(
    r"\b(use case|product interest|product of interest|interested in|pain point|problem to solve|buyer (role|persona)|"
    r"persona|initiative|requested product)\b"
)
_DULL_NAMES = ("icp", "config", "icp-config", "draft")
_SIGNATURES = {
    "hubspot": ({"recordid", "companyname"}, {"recordid", "dealstage"}, {"dealname", "dealstage"}),
    "salesforce": ({"accountid", "stagename"}, {"opportunityid", "stage"}, {"opportunityname", "stage"}),
}


def draft_config(folder: Path, *, out: Path | None = None, preset: str | None = None, name: str | None = None) -> str:
    """Draft a config from the tables in a folder.

    Parameters
    ----------
    folder : Path
        Folder of CSV, Parquet or Excel tables.
    out : Path, optional
        Where the config will stand; paths in it start from there. Beside the tables if not given.
    preset : {"salesforce", "hubspot"}, optional
        The CRM that the tables were exported from; told from the columns if not given.
    name : str, optional
        The config's name; after its file, or else the folder, if not given.

    Returns
    -------
    str
        Commented YAML that fits :class:`Config` and runs on the same folder; where the rows themselves need mending,
        its first lines say so. Nothing is written.

    Raises
    ------
    ConfigError
        If there is no such preset.
    DataError
        If there is no such folder, or nothing in it can be accounts with opportunities or subscriptions.
    """
    if preset is not None:
        preset_values(preset)
    files, unreadable = profile_folder(folder)
    note = "as asked for" if preset else "the columns look like its export"
    preset = preset or _told_preset(files)
    tables = _found_tables(files, folder, unreadable, preset)
    sections, kinds = table_sections(tables, folder, preset)
    draft = Draft(
        name=name or _name(folder, out),
        folder=_relative(folder, folder if out is None else out.resolve().parent),
        preset=preset,
        preset_note=note,
        sections=sections,
        guesses=(),
        pull=_pull(tables, kinds),
        currencies=_currencies(tables),
        warnings=[f"{text}; it was left out" for text in unreadable],
        not_read=[file.path.name for file in files if all(file not in table.files for table in tables.values())],
    )
    report = _checked(draft, folder)
    currency = draft.currencies[0] if draft.currencies else None
    guesses = _guesses(tables, report.tables, currency)
    as_of = None if report.as_of is None else report.as_of.isoformat()
    draft = replace(draft, guesses=guesses, of_deals=_other_columns(tables, guesses), as_of=as_of)
    return write_draft(_running(draft, folder))


def _checked(draft: Draft, folder: Path) -> TablesReport:
    """Return what reading says of the draft; the config's own folder need not be there yet."""
    config = _parsed(write_draft(draft))
    return check_tables(config.model_copy(update={"source": Source(folder=str(folder.resolve()))}), folder)


def _running(draft: Draft, folder: Path) -> Draft:
    """Return the draft without attributes that would stop a run, with what else stops it said at its head."""
    report = _checked(draft, folder)
    stops = {issue.column: issue.message for issue in report.stops if issue.column is not None}
    guesses = [
        replace(g, guess=replace(g.guess, role="left_out", reason=stops[g.guess.column]))
        if g.guess.role == "attribute" and g.guess.column in stops
        else g
        for g in draft.guesses
    ]
    if guesses != list(draft.guesses):
        return _running(replace(draft, guesses=guesses), folder)
    return replace(draft, warnings=[*draft.warnings, *(issue.message for issue in report.stops)])


def _told_preset(files: Sequence[File]) -> str | None:
    """Return the CRM whose export the columns look like, None where they look like neither."""
    spelled = [{run_together(name) for name in file.names} for file in files]
    for preset, signatures in _SIGNATURES.items():
        if any(signature <= names for signature in signatures for names in spelled):
            return preset
    return None


def _found_tables(
    files: Sequence[File], folder: Path, unreadable: Sequence[str], preset: str | None
) -> dict[TableName, DraftTable]:
    """Return the tables, their accounts linked.

    Raises
    ------
    DataError
        If accounts, or both opportunities and subscriptions, are not among them.
    """
    tables = assign_files(files, preset)
    if "accounts" not in tables or not {"opportunities", "subscriptions"} & set(tables):
        raise DataError(_no_tables(files, tables, folder, unreadable, preset))
    return link_accounts(tables)


def _no_tables(
    files: Sequence[File],
    tables: Mapping[TableName, DraftTable],
    folder: Path,
    unreadable: Sequence[str],
    preset: str | None,
) -> str:
    lines = [
        f"{folder}: accounts (a column that names each account once) and opportunities "
        f"({', '.join(_required('opportunities'))}) or subscriptions ({', '.join(_required('subscriptions'))}) "
        "must be there, under these or similar names; found:"
    ]
    served = {t.file.path.name: name for name, t in tables.items()}
    for file in files[:8]:
        role = served.get(file.path.name)
        said = f"taken for {role}" if role else _lacking(file, preset)
        lines.append(f"  - {file.path.name} ({listed(file.names, 8)}): {said}")
    return "\n".join([*lines, *(f"  - {text}" for text in unreadable[:5])])


def _lacking(file: File, preset: str | None) -> str:
    """Return what the file lacks for the table it comes nearest to."""
    lacks = {
        name: [s for s in _required(name) if s not in match_columns(file, name, preset)]
        for name in ("opportunities", "subscriptions")
    }
    name = min(lacks, key=lambda n: len(lacks[n]))
    return f"for {name} it lacks {', '.join(lacks[name])}" if lacks[name] else "no account stands in it only once"


def _required(table: str) -> list[str]:
    return [standard for standard, column in CONTRACT[table].items() if column.required]


def _guesses(tables: Mapping[TableName, DraftTable], read: Tables | None, currency: str | None) -> list[NamedGuess]:
    """Return a guess for every column that is no standard one, under a name that no other has."""
    accounts, deals = tables["accounts"], tables.get("opportunities")
    named: dict[str, NamedGuess] = {}
    shared = {c for t in tables.values() if t.file is accounts.file for c in t.columns.values()}
    for position, column in enumerate(accounts.file.columns):
        if column.name not in shared:
            guess = guess_column(column, currency, first=position == 0)
            if guess.role == "attribute" and read is not None:
                guess = _known_of_all(guess, read)
            key = _key(column.name, named, "accounts")
            named[key] = NamedGuess(key, guess)
    if deals is not None and deals.file is not accounts.file:
        for guess in _of_deals(deals, currency):
            key = _key(guess.column, named, "opportunities")
            named[key] = NamedGuess(key, guess, "opportunities")
    return list(named.values())


def _of_deals(deals: DraftTable, currency: str | None) -> Iterator[Guess]:
    """Yield the columns of the deals that people know when they open one."""
    for column in deals.file.columns:
        if column.name not in deals.columns.values() and _KNOWN_AT_CREATION.search(words(column.name)):
            guess = guess_column(column, currency)
            if guess.role == "attribute":
                say = f"of the deciding deal, if known when it was opened; a scored file must carry it: {guess.reason}"
                yield replace(guess, reason=say)


def _other_columns(tables: Mapping[TableName, DraftTable], guesses: Sequence[NamedGuess]) -> list[str]:
    """Return the deals' columns that are neither standard nor attributes."""
    deals = tables.get("opportunities")
    if deals is None or deals.file is tables["accounts"].file:
        return []
    used = {*deals.columns.values(), *(g.guess.column for g in guesses if g.table == "opportunities")}
    return [name for name in deals.file.names if name not in used]


def _known_of_all(guess: Guess, read: Tables) -> Guess:
    """Return the guess, set apart where the column is filled in for customers only."""
    if read.extra is None or guess.column not in read.extra:
        return guess
    customers = read.accounts["account_id"].isin(_customers(read))
    filled = read.extra[guess.column].notna()
    reason = presence_reason(
        int((filled & customers).sum()), int(customers.sum()), int((filled & ~customers).sum()), int((~customers).sum())
    )
    return guess.set_apart(reason) if reason else guess


def _customers(read: Tables) -> set[str]:
    """Return the accounts that ever won a deal or had a contract."""
    found: set[str] = set()
    if read.opportunities is not None:
        found |= set(read.opportunities.loc[read.opportunities["outcome"] == "won", "account_id"])
    if read.subscriptions is not None:
        found |= set(read.subscriptions.loc[read.subscriptions["arr"].ne(0), "account_id"])
    return found


def _key(column: str, taken: Mapping[str, object], table: str) -> str:
    """Return a name for an attribute: the column's own, without dots, that no other attribute or key has."""
    key = column.replace(".", "_").strip()
    while key in taken or key in RESERVED[table]:
        key = f"{'deal_' if table == 'opportunities' else 'account_'}{key}"
    return key


def _pull(
    tables: Mapping[TableName, DraftTable], kinds: Mapping[str, Mapping[str, list[str]]]
) -> list[tuple[dict[str, object], str]]:
    signals = tables.get("signals")
    column = signals.column("signal") if signals else None
    return guess_pull(column.levels if column else [], deals=bool(kinds.get("outcome", {}).get("won")))


def _currencies(tables: Mapping[TableName, DraftTable]) -> list[str]:
    """Return the currencies of the amounts, the commonest first."""
    counts: dict[str, int] = {}
    for name in ("opportunities", "subscriptions"):
        column = tables[name].column("currency") if name in tables else None
        if column is not None:
            for raw, n in zip(column.values["raw"], column.values["n"], strict=True):
                counts[str(raw).strip().upper()] = counts.get(str(raw).strip().upper(), 0) + int(n)
    return sorted(counts, key=lambda code: (-counts[code], code))


def _parsed(text: str) -> Config:
    """Return the drafted text as a config; one that is none is a bug, not the user's mistake."""
    own = parse_yaml(text, "draft")
    preset = own.get("preset")
    values = as_text(merge_preset(own, preset_values(preset)) if preset else own)
    try:
        config = Config.model_validate(values)
    except ValidationError as err:
        raise AssertionError(f"the draft is no config: {schema_problems(err, {}, {})}") from err
    if problems := meaning_problems(config, {}):
        raise AssertionError(f"the draft contradicts itself: {problems}")
    return config


def _name(folder: Path, out: Path | None) -> str:
    """Return a name for the config: its file's, unless that is a common word, else the folder's."""
    stems = [out.stem] if out is not None and out.stem.lower() not in _DULL_NAMES else []
    for stem in (*stems, folder.resolve().name):
        slug = re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip("._-")
        if slug:
            return slug
    return "company"


def _relative(folder: Path, base: Path) -> str:
    """Return the folder as the config writes it, relative to the config's own."""
    try:
        return Path(os.path.relpath(folder.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive
        return folder.resolve().as_posix()
