"""A kind of streams for the tests of the log: a counter that may hold stock and a slot."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.guards import Effect, SlotEffect, StockEffect
from domain.kernel import fact
from domain.kinds import Kind, register
from domain.personal import Personal
from eventlog.recorded import Decision, new_command_id


@fact("ProbeCounted", on="probe", sentence="counted {by}")
class ProbeCounted:
    probe: int
    by: int
    note: str = ""
    price: Decimal | None = None
    when: datetime | None = None
    person: Personal | None = None


@fact("ProbeReserved", on="probe", sentence="reserved {pieces} of {sku}")
class ProbeReserved:
    probe: int
    location: int
    sku: str
    pieces: int


def _name_from_title(stored: dict[str, Any]) -> dict[str, Any]:
    stored["name"] = stored.pop("title")
    return stored


def _name_upper(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "name": stored["name"].upper()}


@fact("ProbeNamed", on="probe", sentence="named {name}", upcasts=(_name_from_title, _name_upper))
class ProbeNamed:
    probe: int
    name: str


@dataclass(frozen=True, slots=True)
class Probe:
    id: int
    total: int = 0
    name: str = ""
    reserved: int = 0


def _evolve(state: Probe | None, fact: Any, _at: datetime) -> Probe:
    probe = state or Probe(fact.probe)
    match fact:
        case ProbeCounted():
            return replace(probe, total=probe.total + fact.by)
        case ProbeReserved():
            return replace(probe, reserved=probe.reserved + fact.pieces)
        case _:
            return replace(probe, name=fact.name)


def _effects(_before: Any, fact: Any, _after: Any) -> Iterable[Effect]:
    if isinstance(fact, ProbeReserved):
        yield StockEffect(fact.location, fact.sku, reserve=fact.pieces, checked=True)


PROBE = register(Kind("probe", _evolve, _effects))
SMALL = register(Kind("small", _evolve, reference=True, keys=lambda state: [state.name] if state.name else []))


def counted(
    stream: str = "probe-1",
    *by: int,
    expects: dict[str, int] | None = None,
    command_id: UUID | None = None,
    **more: Any,
) -> Decision:
    """A decision that counts `by` (1) on a stream; more fields of Decision as named."""
    number = int(stream.rpartition("-")[2])
    facts = tuple((stream, ProbeCounted(probe=number, by=n)) for n in by or (1,))
    return deciding(*facts, expects=expects, command_id=command_id, **more)


def deciding(
    *events: tuple[str, Any], expects: dict[str, int] | None = None, command_id: UUID | None = None, **more: Any
) -> Decision:
    return Decision(
        command_id=command_id or new_command_id(),
        events=events,
        expects=expects or {},
        actor="tester",
        command="count",
        correlation_id="request-1",
        causation_id="",
        **more,
    )


def stock(location: int, sku: str, pieces: int) -> Decision:
    """A decision that says how many pieces there are."""
    return counted("probe-1000000", effects=(StockEffect(location, sku, level=Decimal(pieces), push=True),))


def quota(location: int, slots: int) -> Decision:
    return counted("probe-1000000", effects=(SlotEffect(location, set_max=True, max_quota=slots),))
