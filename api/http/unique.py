"""A name is held by one record of a kind at a time; one that was removed or renamed gives it free (spec 3.2).

A claim in the log can never be given back. So each taking of a name claims the next number of that name: whoever looks
sees who took it last, and of two who take it at once one is refused.
"""

from collections.abc import Sequence
from typing import Any

from api.http.errors import WrongInput
from domain.kinds import KINDS, stream_of
from eventlog.log import EventLog
from eventlog.recorded import Claim


def claims(log: EventLog, kind: str, id: int, before: Any, after: Any, names: Sequence[str]) -> list[Claim]:
    """What must be claimed so that `after` may have its keys; WrongInput on the field of one that is held by another.
    `names`: the fields that the kind's keys come from."""
    keys = KINDS[kind].keys
    held = set(keys(before)) if before is not None else set()
    return [
        _next(log, kind, id, key, _field(after, key, names)) for key in dict.fromkeys(keys(after)) if key not in held
    ]


def _next(log: EventLog, kind: str, id: int, key: str, field: str) -> Claim:
    there = log.reference.find(kind, key)
    if there is not None and there.id != id and _holds(log, kind, there.id, key):
        raise _taken(field)
    number, name = 1, f"{kind}:{key}"
    while (claim := log.claim(name)) is not None:
        holder = int(claim.answer or b"0")
        if holder != id and _holds(log, kind, holder, key):
            raise _taken(field)
        number += 1
        name = f"{kind}:{key}#{number}"
    return Claim(name, answer=str(id).encode(), forever=True)


def _holds(log: EventLog, kind: str, id: int, key: str) -> bool:
    state = log.state(stream_of(kind, id)).state
    return state is not None and key in KINDS[kind].keys(state)


def _field(state: Any, key: str, names: Sequence[str]) -> str:
    record = getattr(state, "profile", state)
    return next((name for name in names if str(getattr(record, name)) == key), names[0])


def _taken(field: str) -> WrongInput:
    return WrongInput(**{field: ["Another one has this already."]})
