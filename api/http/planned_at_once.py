"""Commands that lose goods and plan what comes instead in the same decision (spec 1.7, T5–T7; docs/adr/0008)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from api.http.routes import Call
from domain.kernel import Command, Facts, Given, Refusal
from domain.order import Order
from domain.transfer_exceptions import PLANNED_AT_ONCE
from eventlog.recorded import Claim, ClaimTaken, ShortOfGuard

TRIES = 2  # others may be faster with the goods; then the loss is written, and the planner does the rest

Decided = Callable[[Order | None, Given], Facts]
Claims = Callable[[], tuple[Claim, ...]]
T = TypeVar("T")


def at_once(
    call: Call,
    row: Command,
    stream: str,
    decided: Decided,
    writing: dict[str, Any],
    write: Callable[[Decided, Claims], T],
) -> T:
    """`write(decided, claims)`, where the command plans with somebody who has asked for the stock of now; `claims()`
    is what its plan takes beside goods and slots."""
    for _ in range(TRIES if row.slug in PLANNED_AT_ONCE else 0):
        try:
            prepared = call.log.prepare(stream, decided, **writing)
        except Refusal:
            break  # who is refused waits for no stock service
        if not prepared.facts:
            break
        asked = call.services.planning.ask(prepared.after, keep=not call.dry)

        def planned(state: Order | None, given: Given, asked: Any = asked) -> Facts:
            return decided(state, replace(given, planning=asked))

        try:
            return write(planned, asked.claims)
        except (ShortOfGuard, ClaimTaken):
            continue
    return write(decided, tuple)
