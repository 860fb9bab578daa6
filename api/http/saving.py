"""Records people set, saved: decided on the fresh state, each name held once, the answer as it then stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.http import unique
from api.http.commands import another_body, claim_of, if_match_of
from api.http.dry_run import DryRun
from api.http.errors import Failure, WrongInput
from api.http.routes import Answer, Call
from domain.kinds import stream_of
from eventlog.recorded import Claimed, ClaimTaken, VersionClash

TRIES = 8

Decided = Callable[[Any, int], Sequence[Any]]


@dataclass(frozen=True)
class Saved:
    """What a write came to: the record as of then, its version, the position of the event; `repeated`: it had been
    written before, under the same Idempotency-Key."""

    id: int
    state: Any
    version: int
    position: int
    repeated: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": f'"{self.version}"', "X-OMS-Position": str(self.position)}

    def answer(self, shown: Any, status: int = 200) -> Answer:
        return Answer(shown, status, self.headers)


def save(
    call: Call,
    kind: str,
    decided: Decided,
    *,
    command: str,
    names: Sequence[str] = (),
    id: int | None = None,
    said: Mapping[str, Any] | None = None,
    before_append: Callable[[int], None] = lambda _id: None,
    relies_on: Callable[[Any, Any], Mapping[str, int]] = lambda _before, _after: {},
) -> Saved:
    """Writes what `decided(state or None, id)` gives; `id` None makes a new record. `names`: the fields that are
    unique in the kind. `said`: what an Idempotency-Key stands for, without secrets; the body where it is not given.
    `before_append(id)` writes what must be there before the record is. `relies_on(before, after)`: the streams that
    were read to allow it, each with the version that must still hold when it is written; it may refuse."""
    key = call.headers.get("Idempotency-Key")
    claimed = claim_of(call, key, call.body or {} if said is None else said) if key is not None else None
    if claimed is not None and (found := call.log.claim(claimed.key)) is not None:
        return _before(call, kind, found, claimed.fingerprint)
    if_match = if_match_of(call.headers.get("If-Match")) if id is not None else None
    if id is None:
        id = call.log.ids(kind)
    if claimed is not None:
        claimed = replace(claimed, answer=str(id).encode())
    stream = stream_of(kind, id)

    def decide(state: Any, _given: Any) -> Sequence[Any]:
        if if_match is not None and state is not None and state.version != if_match:
            raise Failure(412, "precondition_failed", f"It is at version {state.version}, not {if_match}.")
        return decided(state, id)

    for _ in range(TRIES):
        prepared = call.log.prepare(
            stream,
            decide,
            actor=call.caller.username,
            command=command,
            correlation_id=call.request_id,
            causation_id=call.request_id,
        )
        before = prepared.before
        read = relies_on(before.state, prepared.after) if prepared.facts else {}
        if call.dry:
            raise DryRun(prepared.facts)
        if not prepared.facts:
            return Saved(id, before.state, before.version, before.position)
        try:
            claims = unique.claims(call.log, kind, id, before.state, prepared.after, names) if names else []
        except WrongInput:
            if claimed is not None and (found := call.log.claim(claimed.key)) is not None:
                return _before(call, kind, found, claimed.fingerprint)  # it was our own first request that took it
            raise
        if claimed is not None:
            claims.append(claimed)
        before_append(id)
        try:
            expects = {**read, **prepared.decision.expects}
            written = call.log.append(replace(prepared.decision, claims=tuple(claims), expects=expects))
        except VersionClash:
            continue
        except ClaimTaken:
            if claimed is not None and (found := call.log.claim(claimed.key)) is not None:
                return _before(call, kind, found, claimed.fingerprint)
            continue  # somebody was faster with the name: who holds it now is looked up anew
        version = written.versions[stream]
        call.log.reference.refresh()  # who wrote it sees it at once, whatever is decided by it
        return Saved(id, call.log.state_at(stream, version=version).state, version, written.position)
    raise Failure(503, "busy", "Too much happens to this record at once; try again.", {"Retry-After": "1"})


def _before(call: Call, kind: str, found: Claimed, fingerprint: str) -> Saved:
    """The answer of the first request with this Idempotency-Key."""
    if found.fingerprint != fingerprint:
        raise another_body()
    id = int(found.answer or b"0")
    held = call.log.state_at(stream_of(kind, id), position=found.position)
    return Saved(id, held.state, held.version, found.position, repeated=True)
