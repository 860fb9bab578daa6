"""Rows as CSV (RFC 4180): one column a field, nested values as JSON, nothing that a spreadsheet takes for a formula."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?$")


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """With a line of names first; a state is its enum value."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and "enum_value" in value:
        return value["enum_value"]
    if isinstance(value, Mapping | list | tuple):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    # https://owasp.org/www-community/attacks/CSV_Injection: an apostrophe keeps it a text.
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text
