"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SCORED_FROM = (
    "CSV, Parquet or Excel file of accounts, folder of Parquet files, or URL#TABLE of a database; with Spark also a "
    "table's name."
)
SCORED_TO = "CSV or Parquet file to write, or URL#TABLE of a database; with Spark a folder of Parquet files."


class Engine(StrEnum):
    """Where the heavy work is done."""

    BUILT_IN = "built-in"
    SPARK = "spark"


EngineName = Annotated[
    Engine, typer.Option("--engine", help="spark: for data that this machine's memory does not hold; an extra.")
]
Master = Annotated[str, typer.Option("--master", metavar="URL", help="With --engine spark: where Spark runs.")]
AtOnce = Annotated[
    int | None,
    typer.Option(
        "--in-memory",
        min=1000,
        metavar="N",
        help="With --engine spark: of more accounts, only so many at once; default: 200000.",
    ),
]
Scratch = Annotated[
    str | None,
    typer.Option(
        "--scratch", metavar="FOLDER", help="Where Spark's workers find the others; default: a temporary folder."
    ),
]
ConfigPath = Annotated[Path, typer.Argument(metavar="CONFIG", help="The company's config, a YAML file.")]
ReleaseName = Annotated[
    str, typer.Option("--release", metavar="DIR", help="Release folder, its id, or 'champion'.", show_default=False)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Override a config key; may be given several times."),
]
AcceptedOnly = Annotated[
    bool, typer.Option("--accepted-only", help="Use only the rules that a person has accepted, edited or added.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script instead of words.")]
Compared = Annotated[
    list[str],
    typer.Argument(metavar="A B [C ...]", help="Release folders, their ids, 'champion', or MLflow runs (runs:/ID)."),
]
PageFile = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE.html", help="Page to write; default models/NAME/comparisons/ under this folder."
    ),
]
LaterAccounts = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="CONFIG|DIR", help="Config of tables, or release, with accounts decided after both were made."
    ),
]
StoreConfig = Annotated[
    Path | None,
    typer.Option("--config", metavar="CONFIG", help="Config whose MLflow store to use, not the release's own."),
]
NoTrack = Annotated[bool, typer.Option("--no-track", help="Do not record the comparison in MLflow.")]
FormName = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help="json, jsonlogic, sql:DIALECT (duckdb, postgres, snowflake, bigquery, redshift, databricks, spark, "
        "sqlserver, mysql), dbt or dbt:DIALECT, salesforce, hubspot, csv or xlsx.",
    ),
]
ExportedTo = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="File to write, or folder where the form has several files; default: print it."
    ),
]
ReleaseFolder = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Release folder; default models/NAME/RELEASE-ID under this folder."),
]
Previous = Annotated[
    str | None,
    typer.Option(
        "--previous",
        metavar="DIR|champion|none",
        help="Release whose ids live on; default: the champion, where there is one.",
    ),
]
WithSegment = Annotated[bool, typer.Option("--segment", help="Give the segment too, as a fifth column of SQL.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DIR", help="Tell what changed since this release instead: words, or --to json."),
]
