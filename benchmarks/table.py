"""What every benchmark prints: the machine and versions, and one table."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import psycopg


def machine(database_url: str) -> str:
    """One line: cores, Python, PostgreSQL with its settings that matter, driver and library versions."""
    with psycopg.connect(database_url) as connection:
        settings = [
            f"{name}={connection.execute(f'show {name}').fetchall()[0][0]}"
            for name in ("fsync", "synchronous_commit", "shared_buffers")
        ]
        server = connection.info.parameter_status("server_version")
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, PostgreSQL {server} "
        f"({', '.join(settings)}), psycopg {version('psycopg')}, eventsourcing {version('eventsourcing')}"
    )


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table with the first column to the left and figures to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(head), *(len(row[n]) for row in texts)) for n, head in enumerate(heads)]
    print(f"\n{title}")
    for line in [list(heads), *texts]:
        first, *others = (
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]))


def _text(cell: object) -> str:
    return f"{cell:,.0f}" if isinstance(cell, int | float) else str(cell)
