"""The ``icp`` command: a thin skin over the jobs. Contract, section 3.

Only light modules are imported here, so that ``icp --help`` answers at once; a command imports its job when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_group import REFUSED, USER_INPUT, IcpGroup
from pipelines.options import (
    SCORED_FROM,
    SCORED_TO,
    AcceptedOnly,
    AsJson,
    AtOnce,
    Compared,
    ConfigPath,
    Engine,
    EngineName,
    ExportedTo,
    FormName,
    LaterAccounts,
    Master,
    NoTrack,
    Overrides,
    PageFile,
    Previous,
    Quiet,
    ReleaseFolder,
    ReleaseName,
    Scratch,
    Since,
    StoreConfig,
    WithSegment,
)
from pipelines.review_command import review

app = typer.Typer(
    name="icp",
    cls=IcpGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"icp-ml {version('icp-ml')}")
        raise typer.Exit


@app.callback()
def icp(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the ideal customer profile that your CRM history supports, with a stated error rate.

    Start with: icp sample crm, icp init crm --out icp.yaml, icp discover icp.yaml.
    """


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of CSV, Parquet or Excel tables.")],
    out: Annotated[Path, typer.Option("--out", metavar="CONFIG", help="Config file to write.")],
    preset: Annotated[str | None, typer.Option("--preset", help="salesforce or hubspot.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a config that is there already.")] = False,
    quiet: Quiet = False,
) -> None:
    """Draft a config from the tables in a folder.

    Roles and types are guessed; columns that look post-sale are set apart, with the reason.
    """
    from pipelines.drafting import draft

    draft(folder, out, preset=preset, force=force, quiet=quiet)


@app.command()
def validate(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Read and check everything, train nothing.

    Prints what was found, per table and per row; exit status 2 where something stops a run.
    """
    from pipelines.validating import validate_tables

    if not validate_tables(config, overrides or [], as_json=as_json, quiet=quiet):
        raise typer.Exit(USER_INPUT)


@app.command()
def discover(
    config: ConfigPath,
    out: ReleaseFolder = None,
    previous: Previous = None,
    settings: Annotated[
        str | None,
        typer.Option(
            "--settings",
            metavar="FILE|none",
            help="Settings of the models; default: those that icp train found, where there are any.",
        ),
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run the main job, end to end.

    Tables in, a release folder and an MLflow run out.
    """
    from pipelines.discovering import discover as job

    job(
        config,
        out=out,
        previous=previous,
        overrides=overrides or [],
        as_json=as_json,
        quiet=quiet,
        settings=settings,
    )


@app.command()
def train(
    config: ConfigPath,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            min=0,
            metavar="N",
            help="Settings to try for each model; 0 tries none. Default: 30 where Optuna is installed, else 0.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="Seed of everything random; default: the config's.")
    ] = None,
    overrides: Overrides = None,
    engine: EngineName = Engine.BUILT_IN,
    master: Master = "local[*]",
    at_once: AtOnce = None,
    scratch: Scratch = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Retrain and evaluate the churn and win models, as a trial.

    Nothing of it ships: an MLflow run and a challenger version are logged, and icp discover uses the settings found.
    With --engine spark the churn model is trained in Spark, and its figures stand beside those of memory.
    """
    from pipelines.training import train as job
    from pipelines.training_on_spark import AT_ONCE, OnSpark

    if engine is not Engine.SPARK and (at_once or scratch):
        raise typer.BadParameter("--in-memory and --scratch go with --engine spark", param_hint="--engine")
    spark = OnSpark(master, at_once or AT_ONCE, scratch) if engine is Engine.SPARK else None
    job(config, trials=trials, seed=seed, overrides=overrides or [], spark=spark, as_json=as_json, quiet=quiet)


@app.command()
def score(
    accounts: Annotated[str, typer.Argument(metavar="ACCOUNTS", help=SCORED_FROM)],
    release: ReleaseName,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help=SCORED_TO)],
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score although a column that a rule uses is missing.")
    ] = False,
    no_models: Annotated[
        bool, typer.Option("--no-models", help="Leave p_win and p_churn empty, which is many times faster.")
    ] = False,
    accepted_only: AcceptedOnly = False,
    engine: EngineName = Engine.BUILT_IN,
    master: Master = "local[*]",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score a file or table of accounts with a release."""
    from pipelines.scoring import score as job

    job(
        accounts,
        release,
        out,
        allow_missing=allow_missing,
        models=not no_models,
        accepted_only=accepted_only,
        master=master if engine is Engine.SPARK else None,
        as_json=as_json,
        quiet=quiet,
    )


@app.command()
def explain(
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT_ID", help="The account's id.")],
    release: ReleaseName,
    accounts: Annotated[
        str | None,
        typer.Option("--accounts", metavar="FILE", help="Read the account from this file, not from the release."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one account's score.

    Points that add up, the closest change that would alter the tier, matched rules with their evidence, the models'
    SHAP reasons, and past accounts like it that stayed or left.
    """
    from pipelines.explaining import explain as job

    job(account_id, release, accounts=accounts, as_json=as_json)


@app.command()
def export(
    wanted: Annotated[str, typer.Argument(metavar="DIR", help="Release folder, its id, or 'champion'.")],
    form: FormName = None,
    out: ExportedTo = None,
    table: Annotated[
        str | None,
        typer.Option(
            "--table", metavar="NAME", help="Table that SQL reads (default accounts); a dot after its schema."
        ),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option("--names", metavar="source|standard", help="What columns are called; default: as in the source."),
    ] = None,
    accepted_only: AcceptedOnly = False,
    segment: WithSegment = False,
    since: Since = None,
    quiet: Quiet = False,
) -> None:
    """Write the criteria and the scorecard for another engine.

    Every form carries exactly the active rules, says first whether a person has reviewed them, and states what it
    cannot say.
    """
    from pipelines.exporting import export as job
    from pipelines.exporting import tell_changes

    if since is not None:
        tell_changes(wanted, since, form, out, accepted_only=accepted_only)
    elif form is None:
        raise typer.BadParameter("say for what, for instance --to sql:postgres or --to jsonlogic", param_hint="--to")
    else:
        job(
            wanted,
            form,
            out,
            table=table,
            names=names,
            accepted_only=accepted_only,
            segment=segment,
            quiet=quiet,
        )


app.command()(review)


@app.command()
def compare(
    wanted: Compared,
    out: PageFile = None,
    on: LaterAccounts = None,
    config: StoreConfig = None,
    no_track: NoTrack = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare releases with the first of them.

    Which rules came, went and moved, and why; which accounts and how much money change tier; and which of them earns
    more on accounts decided after both were made, or that it cannot be told.
    """
    from pipelines.comparing import compare as job

    job(wanted, out=out, on=on, config=config, track=not no_track, as_json=as_json, quiet=quiet)


@app.command()
def promote(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[DIR]", help="Release folder or its id; with --rollback, the company's name."),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Newer data and being no worse are enough to take over.")
    ] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Put the champion before the present one back.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overrule the gate; needs --by and --note.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decided.")] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why, in a sentence.")] = None,
    config: StoreConfig = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a release the champion, if it passes the gate.

    Champion and challenger forecast the same held-out accounts; a challenger that is merely equal does not take over.
    Exit status 1 where the gate refuses.
    """
    from pipelines.promoting import Promotion

    promotion = Promotion(by, note, config, as_json=as_json, quiet=quiet)
    if rollback:
        promotion.roll_back(wanted)
    elif wanted is None:
        raise typer.BadParameter("give the release to promote, or --rollback", param_hint="DIR")
    elif not promotion.promote(wanted, refresh=refresh, force=force):
        raise typer.Exit(REFUSED)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    accounts: Annotated[int, typer.Option("--accounts", metavar="N", help="Number of accounts.")] = 4000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed; the same seed writes the same bytes.")] = 7,
    quiet: Quiet = False,
) -> None:
    """Write a synthetic CRM with known truth.

    Four tables, and truth.json with what was planted in them.
    """
    from pipelines.sampling import sample as job

    job(folder, accounts=accounts, seed=seed, quiet=quiet)


@app.command()
def ui(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="[CONFIG]", help="Config whose store to show; default: mlflow.db in this folder."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 5000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on the configured store.

    Runs until it is stopped with Ctrl-C.
    """
    from pipelines.viewing import show_ui

    show_ui(config, host=host, port=port)


def main() -> None:
    """Run the ``icp`` command."""
    app()


if __name__ == "__main__":
    main()
