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
