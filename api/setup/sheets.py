"""Rows of a CSV or XLSX file, one after the other: a file of any length is never in memory as cells."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

MOST_ROWS = 100_000
MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes of a workbook once unpacked: a small file that holds more was made to do harm."""

LONGEST_CELL = 100_000
SEPARATORS = ",;\t|"

Row = tuple[int, Sequence[Any]]
"""The number a spreadsheet shows, from 1, and the cells: texts, or what a workbook says they are."""


class WrongFile(Exception):
    """A sentence that says why it cannot be read."""


def rows(data: bytes) -> Iterator[Row]:
    """Every row that is not empty, the head first. Raises WrongFile."""
    found = _workbook(data) if data[:4] == b"PK\x03\x04" else _text(data)
    for number, cells in found:
        if number > MOST_ROWS + 1:
            raise WrongFile(f"At most {MOST_ROWS:,} rows a file.")
        if any(cell not in (None, "") for cell in cells):
            yield number, cells


def _text(data: bytes) -> Iterator[Row]:
    head = data[:10_000].decode("utf-8-sig", "replace").split("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""), delimiter=separator)
    number = 0
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise WrongFile(f"After row {number} it is not UTF-8; save it as “CSV UTF-8”, or as XLSX.") from None
        except csv.Error as wrong:
            raise WrongFile(f"After row {number} it cannot be read: {wrong}.") from None
        number += 1
        yield number, cells


def _workbook(data: bytes) -> Iterator[Row]:
    from openpyxl import load_workbook  # a large library: only where a workbook came
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise WrongFile("The workbook is too large once it is unpacked.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as wrong:
        raise WrongFile(f"It is no workbook that can be read ({type(wrong).__name__}).") from None
    try:
        if not book.worksheets:
            raise WrongFile("The workbook has no sheet.")
        yield from enumerate(book.worksheets[0].iter_rows(values_only=True), 1)
    finally:
        book.close()
