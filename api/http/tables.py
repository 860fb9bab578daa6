"""Rows as CSV (RFC 4180) or as a workbook: one column a field, nested values as JSON, nothing that a spreadsheet takes
for a formula. Both are written to a file that leaves memory when it grows, and sent once it is whole."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Response

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Format → content type; `xls` is another name of the second."""

IN_MEMORY = 1024 * 1024
MOST_IN_CELL = 32_767
"""Characters; a workbook with more is refused by whoever opens it."""
EXACT = 2**53

_FORMULA = re.compile(r"^[=+\-@\t\r]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What XML, and so a workbook, cannot hold."""

_NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?$")

Rows = Iterable[Mapping[str, Any]]


def table(rows: Rows, format: str, name: str, headers: Mapping[str, str]) -> Response:
    """The answer: `rows` are taken one after the other, and only once. Columns are the fields of the first rows."""
    kind = "csv" if format == "csv" else "xlsx"
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    try:
        (_csv if kind == "csv" else _workbook)(file, _lines(rows))
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    response = Response(_chunks(file), content_type=KINDS[kind])
    response.call_on_close(file.close)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response.headers.extend(headers)
    return response


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(65_536):
        yield chunk


FIRST = 100


def _lines(rows: Rows) -> Iterator[list[Any]]:
    """A line of names, then the values; a state is its enum value."""
    remaining = iter(rows)
    first = list(islice(remaining, FIRST))
    names = list(dict.fromkeys(name for row in first for name in row))
    yield names
    for row in first:
        yield [row.get(name) for name in names]
    for row in remaining:
        yield [row.get(name) for name in names]


def _csv(file: IO[bytes], lines: Iterator[list[Any]]) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    for line in lines:
        writer.writerow([_cell(value) for value in line])
    text.detach()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and "enum_value" in value:
        return str(value["enum_value"])
    if isinstance(value, Mapping | list | tuple):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    # https://owasp.org/www-community/attacks/CSV_Injection: an apostrophe keeps it a text.
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _workbook(file: IO[bytes], lines: Iterator[list[Any]]) -> None:
    from openpyxl import Workbook  # a large library: only where a workbook is asked for

    book = Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    for line in lines:
        sheet.append([_value(value) for value in line])
    book.save(file)
    file.seek(0, io.SEEK_END)


def _value(value: Any) -> Any:
    """Numbers and truth as what they are, all else as texts that a cell can hold."""
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < EXACT):
        return value
    return _UNSEEN.sub("", _text(value))[:MOST_IN_CELL]
