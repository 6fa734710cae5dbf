"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Engine(StrEnum):
    """Where the heavy work is done."""

    BUILT_IN = "built-in"
    SPARK = "spark"


EngineName = Annotated[
    Engine, typer.Option("--engine", help="spark: for data that this machine's memory does not hold; an extra.")
]
Master = Annotated[str, typer.Option("--master", metavar="URL", help="With --engine spark: where Spark runs.")]
