"""Rows as tuples, whatever rows the caller's connection is set to give."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row


def fetch(
    connection: psycopg.Connection[Any], text: str, values: Sequence[Any] | Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    # Never prepared: a plan made for any value would be wrong for the rare ones.
    return connection.cursor(row_factory=tuple_row).execute(text.encode(), values, prepare=False).fetchall()
