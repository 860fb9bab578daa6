"""An append-only file of JSON lines that outlives a kill -9 of its program.

A line that was written is with the operating system before `append` returns, so killing the process cannot lose it (a
power cut could: these are simulators). A last line that was cut in half is dropped at the next start: nothing that
depended on it was answered.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """`Journal(None)` keeps nothing, for programs that need no memory."""

    def __init__(self, path: str | Path | None) -> None:
        self.path = Path(path) if path else None
        self._lock = threading.Lock()
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # the ERP keeps its secrets in it
            self._drop_torn_line(self.path)
        self._file = self.path.open("ab", buffering=0) if self.path else None

    @staticmethod
    def _drop_torn_line(path: Path) -> None:
        written = path.read_bytes()
        whole = written.rfind(b"\n") + 1
        if whole < len(written):
            with path.open("r+b") as file:
                file.truncate(whole)

    def read(self) -> Iterator[dict[str, Any]]:
        if self.path:
            with self.path.open("rb") as lines:
                for line in lines:
                    yield json.loads(line)

    def append(self, row: dict[str, Any]) -> None:
        if self._file:
            line = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            with self._lock:
                self._file.write(line)

    def close(self) -> None:
        if self._file:
            self._file.close()
