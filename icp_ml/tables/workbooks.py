"""Excel workbooks as rows of text: the first sheet, cells spelled as a CSV export would."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from icp_ml.errors import DataError
from icp_ml.tables.dialect import LooseRows, footer_start, unique_names


def read_workbook(path: Path) -> tuple[tuple[str, ...], LooseRows]:
    """Return the header and the rows of the first sheet.

    Raises
    ------
    DataError
        If Excel support is not installed or the file is no workbook.
    """
    cells = _cells(path)
    start = next((i for i, row in enumerate(cells) if any(row)), len(cells))
    if start == len(cells):
        return (), LooseRows([], (), ())
    width = max(i for i, cell in enumerate(cells[start], 1) if cell)
    body = [_cut(row, width) for row in cells[start + 1 :]]
    footer_from = footer_start(body, width)
    numbered = [(number, row) for number, row in enumerate(body, start + 2)]
    rows = [(n, [*row, *[""] * (width - len(row))]) for n, row in numbered[:footer_from] if any(row)]
    footer = tuple((n, row[0]) for n, row in numbered[footer_from:] if any(row))
    return unique_names(cells[start][:width]), LooseRows(rows, (), footer)


def _cells(path: Path) -> list[list[str]]:
    """Return every cell of the first sheet as text."""
    try:
        sheet = pd.read_excel(path, header=None, dtype=object, na_filter=False, engine="openpyxl")
    except ImportError as err:
        raise DataError(
            f"{path.name}: reading Excel files needs the extra 'excel'; install it (pip install 'icp-ml[excel]') or "
            "save the sheet as CSV"
        ) from err
    except (ValueError, KeyError, OSError, BadZipFile) as err:
        raise DataError(f"{path.name}: not a readable Excel workbook ({err}); save it again as .xlsx or CSV") from err
    return [[cell_text(cell) for cell in row] for row in sheet.itertuples(index=False, name=None)]


def cell_text(cell: Any) -> str:
    """Spell one cell as a CSV export would.

    >>> cell_text(12.0), cell_text(True), cell_text(dt.datetime(2024, 1, 5)), cell_text(None)
    ('12', 'true', '2024-01-05', '')
    """
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and pd.isna(cell)):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time() and cell.tzinfo is None
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


def _cut(row: list[str], width: int) -> list[str]:
    """Drop empty cells to the right, since a sheet is as wide as its widest row."""
    last = max((i for i, cell in enumerate(row[:width], 1) if cell), default=0)
    return row[:width] if last > 1 else row[:last]
