"""A location taken out for a time (spec 2.5 `closed_until`): at once, and with it what it has not begun."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from marshmallow import fields

from api.http.details import not_found
from api.http.dry_run import DryRun, shown
from api.http.input_schemas import Switch, Text
from api.http.locations import shown as location_shown
from api.http.order_schema import text
from api.http.record_kinds import Set
from api.http.routes import COMMAND, OMS, OWN, Answer, Call, route
from api.http.saving import save
from api.http.whose import caught_up
from domain import location
from domain.deciding import decide
from domain.kernel import Facts, Refusal
from domain.kinds import stream_of
from domain.location import Location
from domain.package_exceptions import CancelInput
from projections.fetching import fetch
from projections.objects.wire import moment

NOT_BEGUN = "select id, order_id from packages where location = %s and state = any(%s) order by id"
STATES = [50, 100, 150]
PASSES = 2  # what was being planned while it closed may come to it a moment later


class ClosingBody(Set):
    """Until when, why, and whether its packages that are not begun go elsewhere."""

    until = fields.AwareDateTime(format="iso", required=True)
    reason = text(500)
    replan = Switch(load_default=True)


class OpenBody(Set):
    """Nothing need be said."""

    reason = Text(load_default="")


@route(
    "POST",
    f"{OMS}/stock_locations/<int:id>/close/",
    roles=COMMAND,
    tag="stock_locations",
    body=ClosingBody(),
    answers="LocationClosed",
    reach=OWN,
)
def close(call: Call, id: int) -> Answer:
    """Takes a location out until a time, and plans what it has not begun elsewhere."""
    said = call.body
    closed = {"until": moment(said["until"]), "reason": said["reason"], "user": call.caller.username}
    try:
        saved = _set(call, id, closed, "close-location")
    except DryRun as dry:
        more = [shown(fact) for facts in _rehearsed(call, id) for fact in facts] if said["replan"] else []
        return Answer({"events": [*dry.events, *more]}, dry=True)
    moved: list[int] = []
    for _ in range(PASSES if said["replan"] else 0):
        moved += _elsewhere(call, id, f"{saved.state.profile.name} is closed" + _because(said["reason"]))
    body = {"stock_location": location_shown(call, saved.state), "planned_again": sorted(set(moved))}
    return saved.answer(body)


@route(
    "POST",
    f"{OMS}/stock_locations/<int:id>/open/",
    roles=COMMAND,
    tag="stock_locations",
    body=OpenBody(),
    answers="StockLocation",
    reach=OWN,
)
def open_again(call: Call, id: int) -> Answer:
    """Takes a location that was closed for a time in again, at once."""
    saved = _set(call, id, None, "open-location")
    return saved.answer(location_shown(call, saved.state))


def _set(call: Call, id: int, closed: dict[str, Any] | None, command: str) -> Any:
    def decided(before: Location | None, id: int) -> list[Any]:
        if before is None or not call.caller.may_at(id):
            raise not_found("stock location", id)
        return location.save(before, id, replace(before.profile, closed_until=closed))

    said = None if closed is None else {"closed_until": closed}
    return save(call, "location", decided, command=command, names=("erp_code",), id=id, said=said or {})


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _not_begun(call: Call, id: int) -> list[tuple[int, int]]:
    caught_up(call)
    with call.services.pool.connection() as connection:
        return [(row[0], row[1]) for row in fetch(connection, NOT_BEGUN, (id, STATES))]


class _Moving:
    """Its lines are planned again, if it still waits there and nothing of it is on its way; `facts`, if so."""

    def __init__(self, package: int, at: int, reason: str) -> None:
        self._package, self._at, self._input = package, at, CancelInput(reason)
        self.facts: Facts = []

    def __call__(self, order: Any, given: Any) -> Facts:
        self.facts = []
        found = order.packages.get(self._package)
        if found is None or found.location != self._at or int(found.state) not in STATES:
            return []
        if not any(t.package == self._package and t.state == "in_transit" for t in order.transfers.values()):
            self.facts = decide(order, "package", self._package, "cancel-package", self._input, given)
        return self.facts


def _elsewhere(call: Call, id: int, reason: str) -> list[int]:
    moved = []
    for package, order in _not_begun(call, id):
        moving = _Moving(package, id, reason)
        try:
            call.log.decide(
                stream_of("order", order),
                moving,
                actor=call.caller.username,
                command="close-location",
                correlation_id=call.request_id,
                causation_id=call.request_id,
            )
        except Refusal:
            continue  # it has begun meanwhile
        if moving.facts:
            moved.append(package)
    return moved


def _rehearsed(call: Call, id: int) -> Iterator[Any]:
    for package, order in _not_begun(call, id):
        moving = _Moving(package, id, "it is closed")
        yield call.log.prepare(stream_of("order", order), moving, actor=call.caller.username, command="x").facts
