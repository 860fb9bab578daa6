"""The command endpoints (spec 1.6, 1.7, 3.1): state in the domain, HTTP here. Answered from the new state, never from a
read model."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from uuid import UUID, uuid5

from api.http import metrics
from api.http.dry_run import shown
from api.http.errors import Failure, answer
from api.http.input_schemas import input_of
from api.http.planned_at_once import Claims, Decided, at_once
from api.http.prepared import ANSWERED
from api.http.routes import COMMAND, OMS, OWN, Answer, Call, route
from api.http.source_agreement import agree
from api.http.whose import order_of
from domain.correcting import SLUG as CORRECT
from domain.deciding import command_of, decide
from domain.document import Carrying
from domain.kernel import Facts, Given, Refusal
from domain.kinds import stream_of
from domain.order import Order
from domain.package import Package
from domain.transition_settings import setting_of
from eventlog.recorded import Claim, ClaimTaken
from scenarios.carriers import chosen

KEYS = UUID("7c1f5f0e-8d0f-4a55-9d0e-6f3f7a0d1c55")
MOST_COMMANDS = 500

Kind = Literal["package", "transfer"]


@dataclass(frozen=True)
class Done:
    """What a command came to: the object's version, the position, the facts of a dry run, and what is answered."""

    version: int
    position: int
    facts: list[dict[str, Any]] | None = None
    repeated: bool = False
    answer: dict[str, Any] | None = None


@route(
    "POST", f"{OMS}/packages/<int:id>/command/", roles=COMMAND, tag="commands", free_body=True, reach=OWN, status=204
)
def command_package(call: Call, id: int) -> Answer:
    """Runs a command on a package; the body names it by `slug` and holds its inputs."""
    return _one(call, "package", id)


@route(
    "POST",
    f"{OMS}/transfer_orders/<int:id>/command/",
    roles=COMMAND,
    tag="commands",
    free_body=True,
    reach=OWN,
    status=204,
)
def command_transfer(call: Call, id: int) -> Answer:
    """Runs a command on a transfer order."""
    return _one(call, "transfer", id)


@route("POST", f"{OMS}/packages/commands/", roles=COMMAND, tag="commands", free_body=True, reach=OWN)
def command_packages(call: Call) -> Answer:
    """Runs many commands on packages; each is answered on its own, one bad item stops no other."""
    rows = call.body.get("commands")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Failure(400, "bad_request", "`commands` is a list of objects, each {package, slug, …}.")
    if len(rows) > MOST_COMMANDS:
        raise Failure(400, "bad_request", f"At most {MOST_COMMANDS} commands a call.")
    return Answer({"results": [_item(call, row, n) for n, row in enumerate(rows)]}, dry=call.dry)


def _item(call: Call, row: dict[str, Any], n: int) -> dict[str, Any]:
    id = row.get("package")
    try:
        if isinstance(id, bool) or not isinstance(id, int):
            raise Failure(400, "bad_request", "`package` is the id of a package.")
        done = run(call, "package", id, row, f"#{n}")
    except Exception as error:
        status, body, _ = answer(error)
        return {"package": told(id), "status_code": status, "error": body["error"]}
    said: dict[str, Any] = {"package": id, "status_code": 204}
    if done.answer is not None:
        said = {**done.answer, "status_code": 200}
    return {**said, "events": done.facts} if done.facts is not None else said


def told(said: Any) -> str | int | None:
    """What a row of a body names itself by, as it can be told again; null for what is neither text nor number."""
    return said if isinstance(said, str | int) else None


def _one(call: Call, kind: Kind, id: int) -> Answer:
    named = call.body.get(kind, id)
    if named != id or isinstance(named, bool):
        raise Failure(400, "bad_request", f"The body names {kind} {named}, the address {kind} {id}.")
    done = run(call, kind, id, call.body)
    headers = {"ETag": f'"{done.version}"', "X-OMS-Position": str(done.position)}
    if done.facts is not None:
        return Answer({"events": done.facts}, 200, headers, dry=True)
    return Answer(done.answer, 204 if done.answer is None else 200, headers)


def run(call: Call, kind: Kind, id: int, body: Mapping[str, Any], part: str = "") -> Done:
    """Decides and writes one command. Raises what api.http.errors answers."""
    name = body.get("slug", body.get("transition"))
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise Refusal("unknown_command", "The body names no command: `slug` is missing.")
    order = order_of(call, kind, id)
    if order is None:
        raise Refusal("not_found", f"There is no {kind} {id}.")
    row = command_of(kind, str(name), call.log.reference)
    if row.slug == CORRECT and "admin" not in call.caller.roles:
        raise Refusal("forbidden", f"{CORRECT} is for admins.")
    given_input = input_of(row, dict(body))
    if kind == "package":
        agree(call, row, order, id)
    key = call.headers.get("Idempotency-Key")
    if_match = if_match_of(call.headers.get("If-Match")) if not part else None

    def carrier(order: Order, package: Package) -> int | None:
        return chosen(order, package, call.log.reference)

    def decided(state: Order | None, given: Given) -> Facts:
        thing = _thing(state, kind, id)
        if thing is None or not call.caller.may_at(*_seen_at(kind, thing)):
            raise Refusal("not_found", f"There is no {kind} {id}.")
        if not call.caller.may_at(*_places(kind, thing, row.slug)):
            raise Refusal("forbidden", f"{row.slug} is for the other end of this transfer.")
        if if_match is not None and thing.version != if_match:
            raise Failure(412, "precondition_failed", f"It is at version {thing.version}, not {if_match}.")
        lacking = call.caller.lacks(setting_of(given.reference, row).permissions)
        if lacking:
            raise Refusal("forbidden", f"{row.slug} needs the permission {', '.join(lacking)} here.")
        facts = decide(state, kind, id, row.slug, given_input, replace(given, carrier=carrier))
        if facts and isinstance(given_input, Carrying) and not call.dry:
            _keep(call, state, given_input)
        return facts

    writing: dict[str, Any] = {
        "actor": call.caller.username,
        "command": row.slug,
        "correlation_id": call.request_id,
        "causation_id": call.request_id,
    }
    stream = stream_of("order", order)

    def write(deciding: Decided, also: Claims) -> Done:
        if call.dry:
            prepared = call.log.prepare(stream, deciding, **writing)
            thing = _thing(prepared.before.state, kind, id)
            return Done(thing.version, prepared.before.position, [shown(f) for f in prepared.facts])
        return _written(call, stream, deciding, also, writing, kind, id, f"{key}{part}" if key else None, body)

    try:
        done = at_once(call, row, stream, decided, writing, write)
    except Refusal as refusal:
        metrics.commanded(row.slug, refusal.code)
        if refusal.facts:
            call.log.decide(stream, partial(_tried, decided), **writing)
        raise
    if not call.dry:
        metrics.commanded(row.slug, "accepted")
    return done


def _tried(decided: Callable[[Order | None, Given], Facts], state: Order | None, given: Given) -> Facts:
    """What a refused try leaves behind, a dry run's too: else it would be a way to guess uncounted."""
    try:
        decided(state, given)
    except Refusal as refusal:
        return list(refusal.facts)
    return []


def _keep(call: Call, order: Order | None, carrying: Carrying) -> None:
    """What an accepted command brings along is kept before its facts name it."""
    content = carrying.content()
    if content is None or order is None:
        return
    try:
        call.services.documents.keep(order.personal.key, content.bytes)
    except KeyError:
        raise Refusal("conflict", "The customer was forgotten; no document of theirs is kept.") from None


def _written(
    call: Call,
    stream: str,
    decided: Callable[[Order | None, Given], Facts],
    also: Claims,
    writing: dict[str, Any],
    kind: Kind,
    id: int,
    key: str | None,
    body: Mapping[str, Any],
) -> Done:
    claims: tuple[Claim, ...] = ()
    command_id = None
    if key is not None:
        claims = (claim_of(call, key, body),)
        command_id = uuid5(KEYS, claims[0].key)
    try:
        written = call.log.decide(stream, decided, claims=claims, also=also, command_id=command_id, **writing)
    except ClaimTaken as taken:
        if taken.key not in {claim.key for claim in claims}:
            raise
        _same_body(taken, claims[0])
        written_before = call.log.written(command_id) if command_id else None
        position = written_before.position if written_before else taken.position
        return _done(call.log.state_at(stream, position=position).state, kind, id, writing["command"], position, True)
    if written.repeated:
        found = call.log.claim(claims[0].key) if claims else None
        if found is not None and found.fingerprint != claims[0].fingerprint:
            raise another_body()
        state = call.log.state_at(stream, position=written.position).state
    else:
        state = call.log.state(stream, at_least=written.versions[stream]).state
    return _done(state, kind, id, writing["command"], written.position, written.repeated)


def _done(state: Order, kind: Kind, id: int, slug: str, position: int, repeated: bool) -> Done:
    thing = _thing(state, kind, id)
    answered = ANSWERED.get(slug)
    return Done(thing.version, position, None, repeated, None if answered is None else answered(state, thing))


def claim_of(call: Call, key: str, body: Mapping[str, Any], answer: bytes | None = None) -> Claim:
    """An Idempotency-Key as a claim: of this user, for this path and body."""
    if not 0 < len(key) <= 255 or "\x00" in key:
        raise Failure(400, "bad_request", "Idempotency-Key is a text of 1 to 255 characters.")
    said = json.dumps([call.path, body], sort_keys=True, default=str)
    return Claim(f"idem:{call.caller.id}:{key}", hashlib.sha256(said.encode()).hexdigest(), answer)


def _same_body(taken: ClaimTaken, claim: Claim) -> None:
    if taken.fingerprint != claim.fingerprint:
        raise another_body()


def another_body() -> Failure:
    """An Idempotency-Key came again with another request."""
    return Failure(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.")


def _thing(state: Any, kind: Kind, id: int) -> Any:
    if state is None:
        return None
    return (state.packages if kind == "package" else state.transfers).get(id)


def _seen_at(kind: Kind, thing: Any) -> tuple[int, ...]:
    return (thing.location,) if kind == "package" else (thing.source, thing.destination)


def _places(kind: Kind, thing: Any, slug: str) -> tuple[int, ...]:
    """At which locations one must be to run this: T4 is the destination's, the other transfer commands the source's."""
    if kind == "package":
        return (thing.location,)
    return (thing.destination,) if slug == "transfer-delivered" else (thing.source,)


def if_match_of(text: str | None) -> int | None:
    """The version an If-Match header asks for; None: any."""
    if text is None or text.strip() == "*":
        return None
    plain = text.strip().removeprefix("W/").strip('"')
    if not plain.isdecimal() or len(plain) > 18:
        raise Failure(400, "bad_request", 'If-Match is a version, like "4".')
    return int(plain)
