"""The audit of requests, written in groups: those that are answered at the same time share a transaction, and none is
answered before its row stands. So what was answered is in the audit whatever dies; of what was never answered the log
has the actor, the command and the request id (ADR 0011)."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg

from api.http.audit_rows import AuditRow

log_ = logging.getLogger("daybook.audit")

INSERT = """
insert into request_audit (at, uuid, request_id, user_id, username, remote_addr, method, path, content_type, object_id,
       status, data)
select at, uuid, request_id, user_id, username, remote_addr, method, path, content_type, object_id, status, data::json
  from json_to_recordset(%s::json) as r (at timestamptz, uuid uuid, request_id text, user_id bigint, username text,
       remote_addr text, method text, path text, content_type text, object_id text, status smallint, data text)
"""
MONTH = "select request_audit_month_v1(%s)"
MOST_ROWS = 500


class Waiting(threading.Event):
    """A row on its way. Set when it is written, or when its thread is the one to write now."""

    def __init__(self, row: AuditRow) -> None:
        super().__init__()
        self.row, self.written = row, False


class RequestAudit:
    """One a process. `connect`: a connection of one's own. `record` gives back when its row is committed: whoever finds
    nobody writing writes for all that wait, then the first that came meanwhile does."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._queue: list[Waiting] = []
        self._writing = False
        self._changed = threading.Lock()
        self._months: set[str] = set()
        self.seconds, self.rows, self.failed = 0.0, 0, 0

    def record(self, row: AuditRow) -> None:
        """A row that cannot be written now is said to the log of the process, and the request is answered all the
        same: what it did is done."""
        one = Waiting(row)
        with self._changed:
            self._queue.append(one)
            mine, self._writing = not self._writing, True
        if not mine:
            one.wait()
        if not one.written:
            try:
                self._write(self._take())
            finally:
                self._hand_over()

    def close(self) -> None:
        with self._changed:
            self._drop()

    def _take(self) -> list[Waiting]:
        with self._changed:
            batch, self._queue = self._queue[:MOST_ROWS], self._queue[MOST_ROWS:]
        return batch

    def _hand_over(self) -> None:
        with self._changed:
            if self._queue:
                self._queue[0].set()
            else:
                self._writing = False

    def _write(self, batch: list[Waiting]) -> None:
        began = time.perf_counter()
        try:
            for attempt in (1, 2):
                try:
                    self._insert([one.row for one in batch])
                    break
                except psycopg.OperationalError:
                    self._drop()
                    if attempt == 2:
                        raise
        except Exception as wrong:
            self.failed += len(batch)
            for one in batch:
                log_.error("a request could not be audited (%s): %s", wrong, _told(one.row))
        finally:
            self.rows += len(batch)
            self.seconds += time.perf_counter() - began
            for one in batch:
                one.written = True
                one.set()

    def _insert(self, rows: list[AuditRow]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        for month, at in {row.at.strftime("%Y-%m"): row.at for row in rows}.items():
            if month not in self._months:
                self._connection.execute(MONTH, (at,))
                self._months.add(month)
        try:
            self._connection.execute(INSERT, (msgspec.json.encode(rows).decode(),), prepare=True)
        except psycopg.DataError:
            if len(rows) == 1:
                raise
            for row in rows:  # one that cannot be kept takes no other with it
                self._alone(row)

    def _alone(self, row: AuditRow) -> None:
        try:
            self._insert([row])
        except psycopg.DataError as wrong:
            self.failed += 1
            log_.error("a request could not be audited (%s): %s", wrong, _told(row))

    def _drop(self) -> None:
        self._months.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _told(row: AuditRow) -> str:
    return msgspec.json.encode(row).decode()
