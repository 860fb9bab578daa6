"""What is decided on an order as a whole: found, compared, written once, answered from the new state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from api.http.commands import KEYS, another_body, claim_of, if_match_of
from api.http.dry_run import DryRun
from api.http.errors import Failure
from api.http.routes import Call
from domain.kernel import Facts, Given
from domain.kinds import stream_of
from domain.order import Order
from eventlog.recorded import Claim, ClaimTaken


@dataclass(frozen=True)
class Wrote:
    """The order after what was decided, its version, and the position; `repeated`: it had been before, under the same
    Idempotency-Key, and the order is as it was then."""

    order: Order
    version: int
    position: int
    repeated: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": f'"{self.version}"', "X-OMS-Position": str(self.position)}


def write_order(
    call: Call,
    id: int,
    decide: Callable[[Order, Given], Facts],
    *,
    command: str,
    claims: tuple[Claim, ...] = (),
    may: Callable[[Order], bool] = lambda _order: False,
) -> Wrote:
    """Writes the facts of `decide(order, given)`. Who is limited to locations finds it only where `may` says so. Raises
    what api.http.errors answers, ClaimTaken for one of `claims`, and on a dry run DryRun."""
    if_match = if_match_of(call.headers.get("If-Match"))
    key = call.headers.get("Idempotency-Key")
    own = claim_of(call, key, call.body or {}) if key is not None else None
    command_id = uuid5(KEYS, own.key) if own is not None else None
    stream = stream_of("order", id)

    def decided(order: Order | None, given: Given) -> Facts:
        if order is None or not (call.caller.locations is None or may(order)):
            raise Failure(404, "not_found", f"There is no order {id}.")
        if if_match is not None and order.version != if_match:
            raise Failure(412, "precondition_failed", f"It is at version {order.version}, not {if_match}.")
        return decide(order, given)

    writing: dict[str, Any] = {
        "actor": call.caller.username,
        "command": command,
        "correlation_id": call.request_id,
        "causation_id": call.request_id,
    }
    if call.dry:
        raise DryRun(call.log.prepare(stream, decided, **writing).facts)
    if own is not None and (found := call.log.claim(own.key)) is not None:
        return _before(call, stream, own, found.fingerprint, found.position)
    every = (*claims, own) if own is not None else claims
    try:
        written = call.log.decide(stream, decided, claims=every, command_id=command_id, **writing)
    except ClaimTaken as taken:
        if own is None or taken.key != own.key:
            raise
        return _before(call, stream, own, taken.fingerprint, taken.position)
    if own is not None and written.repeated:
        found = call.log.claim(own.key)
        return _before(call, stream, own, found.fingerprint if found else own.fingerprint, written.position)
    held = call.log.state(stream, at_least=written.versions[stream])
    return Wrote(held.state, held.version, written.position)


def _before(call: Call, stream: str, own: Claim, fingerprint: str, position: int) -> Wrote:
    if fingerprint != own.fingerprint:
        raise another_body()
    held = call.log.state_at(stream, position=position)
    return Wrote(held.state, held.version, position, repeated=True)
