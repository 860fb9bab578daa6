"""The queued calls: added with the follower's position, taken under a lease, finished once, listed for people."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from eventlog.recorded import Recorded
from integrations.kinds import CALL_KINDS, CallKind, Caused, Work, key_of
from integrations.tables import WAKE, Connection

# A kind that is `once` has one open call of a subject: the unique index lets no second one in.
ADD = """
insert into integration_calls
       (kind, key, subject, lane, system, once, about, stream, position, event_id, correlation_id)
values (%(kind)s, %(key)s, %(subject)s, %(lane)s, %(system)s, %(once)s, %(about)s, %(stream)s, %(position)s,
        %(event_id)s, %(correlation_id)s)
on conflict do nothing
"""

# Asked for again while one is open: due at once, with its tries before it, under its old key.
HASTEN = """
update integration_calls set state = 'waiting', due = clock_timestamp(), about = about || %(about)s, ended = null,
       tries = case when state = 'failed' then 0 else tries end
 where kind = %(kind)s and subject = %(subject)s and once and state in ('waiting', 'failed') and key <> %(key)s
"""

# The next that is due and first of its lane, of a system that has room; nobody else gets it while the lease lasts.
TAKE = """
update integration_calls set owner = %(me)s, epoch = epoch + 1, tries = tries + 1,
       held_until = clock_timestamp() + make_interval(secs => %(lease)s)
 where id = (select id from integration_calls c
              where state = 'waiting' and due <= clock_timestamp() and not (system = any(%(busy)s))
                and (held_until is null or held_until < clock_timestamp()) and kind = any(%(kinds)s)
                and not exists (select from integration_calls e
                                 where e.lane = c.lane and e.state = 'waiting' and e.id < c.id)
              order by due limit 1 for update skip locked)
returning id, kind, key, subject, system, about, stream, position, event_id, correlation_id, tries, epoch
"""

RENEW = """
update integration_calls set held_until = clock_timestamp() + make_interval(secs => %(lease)s)
 where id = any(%(ids)s) and owner = %(me)s and held_until is not null
"""

FINISH = """
update integration_calls
   set state = %(state)s, note = %(note)s, owner = null, held_until = null,
       ended = case when %(state)s = 'waiting' then null else clock_timestamp() end
 where id = %(id)s and epoch = %(epoch)s and state = 'waiting'
"""

# `back`: this was no try. Where it was hastened meanwhile, the earlier time holds.
POSTPONE = """
update integration_calls
   set due = clock_timestamp() + make_interval(secs => %(seconds)s), note = %(note)s, owner = null, held_until = null,
       tries = tries - %(back)s
 where id = %(id)s and epoch = %(epoch)s and state = 'waiting'
"""

NEXT_DUE = """
select extract(epoch from min(due) - clock_timestamp())::float8 from integration_calls where state = 'waiting'
   and (held_until is null or held_until < clock_timestamp())
"""

RETRY = """
update integration_calls set state = 'waiting', tries = 0, due = clock_timestamp(), ended = null
 where id = %s and (state = 'failed' or state = 'waiting' and held_until is null)
returning id
"""
DROP = """
update integration_calls set state = 'dropped', note = %s, ended = clock_timestamp()
 where id = %s and (state = 'failed' or state = 'waiting' and (held_until is null or held_until < clock_timestamp()))
returning id
"""

SHOWN = """
select id, kind, subject, system, stream, position, state, tries, due, note, key, at, ended from integration_calls
"""
FILTERS = {
    "state": "state = %(state)s",
    "kind": "kind = %(kind)s",
    "subject": "subject = %(subject)s",
    "system": "system = %(system)s",
    "order": "stream = 'order-' || %(order)s",
}
"""Name → condition; `order` is its id as a text."""

ATTEMPTS = """
select id, at, system, what, call, method, place, status, seconds, outcome, error from integration_attempts
 where call = %s order by id desc limit 100
"""


def add(connection: Connection, event: Recorded, kind: CallKind, caused: Iterable[Caused]) -> int:
    """Queues what an event causes; the same event again adds nothing. How many are new or hastened."""
    count = 0
    for one in caused:
        row = {
            "kind": kind.name,
            "key": key_of(event, kind.name, one),
            "subject": one.subject,
            "lane": one.lane,
            "system": one.system,
            "once": kind.once,
            "about": Jsonb(dict(one.about)),
            "stream": event.stream,
            "position": event.position,
            "event_id": event.event_id,
            "correlation_id": event.correlation_id,
        }
        added = connection.execute(ADD, row).rowcount
        if not added and kind.once:
            added = connection.execute(HASTEN, row).rowcount
        count += added
    if count:
        connection.execute(WAKE)
    return count


def take(connection: Connection, me: UUID, lease: float, busy: Iterable[str]) -> Work | None:
    """The next call to run, if one is due: it is ours for `lease` seconds, unless renewed."""
    asked = {"me": me, "lease": lease, "busy": list(busy), "kinds": list(CALL_KINDS)}
    row = connection.execute(TAKE, asked).fetchone()
    return None if row is None else Work(*row)


def renew(connection: Connection, me: UUID, lease: float, ids: Iterable[int]) -> None:
    connection.execute(RENEW, {"me": me, "lease": lease, "ids": list(ids)})


def finish(connection: Connection, work: Work, state: str, note: str | None) -> bool:
    """`done`, `dropped` or `failed`; False where it was no longer ours."""
    row = {"id": work.id, "epoch": work.epoch, "state": state, "note": note}
    finished = connection.execute(FINISH, row).rowcount == 1
    if finished:
        connection.execute(WAKE)  # the next of its lane
    return finished


def postpone(connection: Connection, work: Work, seconds: float, note: str, *, counts: bool = True) -> bool:
    row = {"id": work.id, "epoch": work.epoch, "seconds": seconds, "note": note, "back": 0 if counts else 1}
    return connection.execute(POSTPONE, row).rowcount == 1


def next_due(connection: Connection) -> float | None:
    """Seconds until the next one is due, below 0 where one is; None where none waits."""
    row = connection.execute(NEXT_DUE).fetchone()
    return None if row is None else row[0]


# --- for people


def listed(
    connection: Connection, filters: Mapping[str, str] | None = None, *, page: int = 1, limit: int = 100
) -> list[dict[str, Any]]:
    """The newest first; `filters` by the names of FILTERS."""
    where, asked = _where(filters or {})
    cursor = connection.cursor(row_factory=dict_row)
    text = f"{SHOWN}{where} order by id desc limit %(limit)s offset %(offset)s"
    rows = cursor.execute(text.encode(), {**asked, "limit": limit, "offset": (page - 1) * limit})
    return [_shown(row) for row in rows]


def count(connection: Connection, filters: Mapping[str, str] | None = None) -> int:
    """How many `listed` has in all."""
    where, asked = _where(filters or {})
    text = f"select count(*) from integration_calls {where}"  # noqa: S608 - of names of FILTERS
    row = connection.execute(text.encode(), asked).fetchone()
    return int(row[0]) if row else 0


def _where(filters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    wanted = {name: value for name, value in filters.items() if name in FILTERS}
    return " and ".join(["where true", *(FILTERS[name] for name in wanted)]), wanted


def shown(connection: Connection, id: int) -> dict[str, Any] | None:
    """One call with its attempts, the newest first."""
    row = connection.cursor(row_factory=dict_row).execute(SHOWN + "where id = %s", (id,)).fetchone()
    if row is None:
        return None
    attempts = connection.cursor(row_factory=dict_row).execute(ATTEMPTS, (id,)).fetchall()
    return {**_shown(row), "attempts": attempts}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = CALL_KINDS.get(row["kind"])
    return {**row, "what": row["kind"] if kind is None else kind.sentence}


def retry(connection: Connection, id: int) -> bool:
    """Runs it again at once, with all its tries; False where there is no such call that is not over or under way."""
    done = connection.execute(RETRY, (id,)).fetchone() is not None
    if done:
        connection.execute(WAKE)
    return done


def drop(connection: Connection, id: int, why: str) -> bool:
    """A person has dealt with it in another way: it is tried no more."""
    done = connection.execute(DROP, (why, id)).fetchone() is not None
    if done:
        connection.execute(WAKE)
    return done


def as_ours(work: Work, may_send: Any) -> Work:
    return replace(work, may_send=may_send)
