"""`scenarios/simulate` (spec 2.7): one order, there or made up, against any scenario, in the world of now, of the past,
or of the request. Nothing is written: neither an event, nor the inputs of a plan, nor a row of the request audit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.http.details import not_found
from api.http.errors import Failure, WrongInput
from api.http.intake import destination_of, item_of
from api.http.order_schema import OrderBody
from api.http.routes import AUDIT, OMS, PLAN, Answer, Call, route
from api.http.simulate_input import Wanted, read
from domain.kernel import Given
from domain.kinds import stream_of
from domain.order import Order
from domain.personal import Personal
from domain.states import OrderStatus
from projections.as_of import position_at
from projections.objects.wire import moment
from scenarios.definition import Scenario, TransferScenario
from scenarios.demands import demand_of
from scenarios.inquiry import Answered
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.past import Past
from scenarios.rulebook import Rulebook
from scenarios.what_if import Assumed, anew, nowhere, shown_packages, tried, whole, without
from scenarios.world import Overlay

MOST_EVENTS = 300_000
"""A past world is folded from the first event on: beyond this `oms simulate` does it, where nobody waits."""


@route(
    "POST",
    f"{OMS}/scenarios/simulate",
    roles=PLAN | AUDIT,
    tag="scenarios",
    free_body=True,
    answers="Simulation",
    unkept={
        "dry_run": "it writes nothing as it is",
        "Idempotency-Key": "it writes nothing, so it may be asked again",
        "If-Match": "it writes nothing",
    },
)
def simulate(call: Call) -> Answer:
    """What would be planned for an order by any scenario, draft included; nothing is written."""
    wanted = read(call.body)
    position = _position(call, wanted)
    call.log.reference.refresh()
    view: Any = call.log.reference if position is None else call.log.reference.as_of(position)
    order, real = _order(call, wanted, view, position)
    skus = {item.sku for item in order.items}
    answered, locations, now = _world(call, skus, position)
    if real is not None and real is not order:
        without(answered.world, real)
    Assumed(wanted.stock, wanted.quota).put(answered.world)
    scenarios, transfers = _scenarios(call, wanted, view)
    demand = demand_of(order, view, now)
    given = Given(now, nowhere, view)
    found = tried(demand, answered, scenarios, transfers, locations, given, wanted.why_not)
    codes = {location.id: location.profile.erp_code for location in locations.values()}
    body = {
        "position": position,
        "at": moment(now),
        "lines": "open" if real is order else "all",
        **found,
        "really": None if real is None else shown_packages(real, codes),
    }
    return Answer(body, dry=True)


def _position(call: Call, wanted: Wanted) -> int | None:
    """None: now."""
    found = wanted.position
    if wanted.at is not None:
        with call.services.pool.connection() as connection:
            found = position_at(connection, wanted.at)
    if found is None:
        return None
    head = call.log.head().position
    if found > head:
        raise WrongInput(position=[f"The log ends at {head}."])
    if found > MOST_EVENTS:
        text = f"A past world of more than {MOST_EVENTS} events is asked of `oms simulate --order`, not here."
        raise Failure(400, "too_far", text)
    return found


def _order(call: Call, wanted: Wanted, view: Any, position: int | None) -> tuple[Order, Order | None]:
    """The order to plan, and as it really is (None: made up)."""
    if wanted.body is not None:
        return _made_up(wanted.body, view), None
    id = wanted.order or 0
    stream = stream_of("order", id)
    held = call.log.state(stream) if position is None else call.log.state_at(stream, position=position)
    real: Order | None = held.state
    if real is None:
        raise not_found("order", id)
    if wanted.lines == "all" or (wanted.lines is None and whole(real)):
        return anew(real), real
    return real, real


def _made_up(body: Mapping[str, Any], view: Any) -> Order:
    """An order as it would come in; it needs no number, and gets no id."""
    said = OrderBody().load({"number": "what if", "channel": "", **body})
    return Order(
        id=0,
        number=said["number"],
        channel=_named(view, "channel", said["channel"]) or 0,
        status=OrderStatus.approved,
        items=(items := tuple(item_of(n, row) for n, row in enumerate(said["items"], 1))),
        destination=destination_of(said["shipping_address"] or {}),
        personal=Personal("", ""),
        payment_type=said["payment_type"],
        customer_type=said["customer_type"],
        cargo_company=_named(view, "cargo_company", said["cargo_company"]),
        delivery_type=said["delivery_type"],
        retail_store=said["retail_store"],
        ship_complete=said["ship_complete"],
        delivery_range=said["delivery_range"],
        date_placed=said["date_placed"],
        waiting={item.id: item.quantity for item in items},
    )


def _named(view: Any, kind: str, said: Any) -> int | None:
    if said in (None, ""):
        return None
    found = view.one(kind, said) if isinstance(said, int) else view.find(kind, said)
    if found is None:
        raise WrongInput(**{kind: [f"There is no {said!r}."]})
    return int(found.id)


def _world(call: Call, skus: set[str], position: int | None) -> tuple[Answered, dict[int, Any], datetime]:
    """Stock as the services and the guards know it now, or as the log had it then."""
    if position is None:
        looked = call.services.planning.look(skus)
        return looked.answered, {at.id: at for at in looked.locations}, looked.now
    past = Past(call.log).to(position)
    return Answered(Overlay(past.world), past.at), past.locations, past.at


def _scenarios(call: Call, wanted: Wanted, view: Any) -> tuple[list[Scenario], list[TransferScenario]]:
    """The one that was asked for, whatever its status and dates; else those that were active."""
    book = Rulebook.of_view(view)
    scenarios, transfers = book.scenarios, book.transfers
    if wanted.scenario is not None:
        scenarios = [replace(_one(call, "scenario", wanted.scenario, parse_scenario), **AT_ANY_TIME)]
    if wanted.transfer_scenarios is not None:
        transfers = [
            replace(_one(call, "transfer_scenario", one, parse_transfer_scenario), active=True)
            for one in wanted.transfer_scenarios
        ]
    return scenarios, transfers


AT_ANY_TIME: dict[str, Any] = {"active": True, "valid_from": None, "valid_to": None}


def _one(call: Call, kind: str, said: Mapping[str, Any], parse: Any) -> Any:
    return parse(*definition_of(call, kind, said))


def definition_of(call: Call, kind: str, said: Mapping[str, Any]) -> tuple[dict[str, Any], int, int]:
    """(definition, id, version) of a draft (an object with rules; 0, 0), or of a saved one by id, at a version or as it
    is."""
    if "rules" in said:
        return {"name": "draft", **said}, 0, 0
    stream = stream_of(kind, said["id"])
    held = call.log.state_at(stream, version=said["version"]) if "version" in said else call.log.state(stream)
    title = kind.replace("_", " ")
    if held.state is None or (held.version != said.get("version", held.version)):
        raise not_found(f"version {said.get('version')} of {title}" if "version" in said else title, said["id"])
    return dict(held.state.definition), held.state.id, held.version
