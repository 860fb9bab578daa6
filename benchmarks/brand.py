"""The demo's brand put straight into a log: real orders, stores and stock, without HTTP in between."""

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from domain import location, settings, stock
from domain.kernel import info
from domain.kinds import stream_of
from domain.order import Destination, OrderItem, OrderReceived
from domain.personal import Personal
from domain.states import OrderStatus
from eventlog.log import EventLog
from eventlog.recorded import Claim, Decision, new_command_id
from simulators import network, setup_bodies

SETUP: Any = {"actor": "benchmark", "command": "set-up"}


def set_up(log: EventLog, orders: list[dict[str, Any]], locations: int, seed: int) -> int:
    """Channels, carriers, scenarios, locations and their stock; the number of stock rows."""
    for body in setup_bodies.channels():
        _save(log, settings.Channel(log.ids("channel"), body["name"], body["name"]))
    for body in setup_bodies.cargo_companies():
        _save(log, settings.CargoCompany(log.ids("cargo_company"), body["name"], body["slug"]))
    for body in setup_bodies.scenarios():
        _save(log, settings.Scenario(log.ids("scenario"), body["name"], body))
    for body in setup_bodies.transfer_scenarios():
        _save(log, settings.TransferScenario(log.ids("transfer_scenario"), body["name"], body))
    bodies = list(network.locations(locations, seed))
    ids = {body["erp_code"]: _location(log, body) for body in bodies}
    levels: dict[str, dict[str, Decimal]] = {}
    for row in network.stock(orders, bodies, seed):
        levels.setdefault(row["erp_code"], {})[row["sku"]] = Decimal(row["quantity"])
    for code, figures in levels.items():
        _push(log, ids[code], figures)
    return sum(map(len, levels.values()))


def _push(log: EventLog, location_id: int, figures: dict[str, Decimal]) -> None:
    log.decide(stream_of("stock", location_id), lambda _s, _g: stock.push(location_id, figures), **SETUP)


def filled_up(log: EventLog, rows: int, locations: int = 100, rows_a_push: int = 5_000) -> int:
    """At least so many stock rows more, of SKUs that nobody orders, in equal parts at each location; how many."""
    made = 0
    skus = -(-max(rows, 0) // locations)
    for at in log.reference.all("location")[:locations]:
        for first in range(0, skus, rows_a_push):
            some = range(first, min(first + rows_a_push, skus))
            _push(log, at.id, {f"SHELF-{n:06}": Decimal(5) for n in some})
            made += len(some)
    return made


def _save(log: EventLog, record: settings.Record) -> None:
    kind = info(settings.SAVED[type(record)]).on
    log.decide(stream_of(kind, record.id), lambda state, _: settings.save(state, record), **SETUP)


def _location(log: EventLog, body: dict[str, Any]) -> int:
    id = log.ids("location")
    address = location.Address(**_known(location.Address, body["address"]))
    plain = {**_known(location.Profile, body), "address": address, "tags": tuple(body["tags"])}
    profile = location.Profile(**plain)
    log.decide(stream_of("location", id), lambda state, _: location.save(state, id, profile), **SETUP)
    return id


def _known(cls: type[Any], body: dict[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(cls)}
    return {name: value for name, value in body.items() if name in names}


def received(log: EventLog, bodies: Iterable[dict[str, Any]]) -> list[Decision]:
    """The orders as the intake would write them, with the claim of their numbers and a sealed person's size."""
    channels = {c.name: c.id for c in log.reference.all("channel")}
    carriers = {c.slug: c.id for c in log.reference.all("cargo_company")}
    return [_received(log, body, channels, carriers) for body in bodies]


def _received(log: EventLog, body: dict[str, Any], channels: dict[str, int], carriers: dict[str, int]) -> Decision:
    id = log.ids("order")
    where = body["shipping_address"]
    fact = OrderReceived(
        order=id,
        number=body["number"],
        channel=channels[body["channel"]],
        status=OrderStatus.approved,
        items=tuple(
            OrderItem(
                id=log.ids("order_item"),
                sku=item["sku"],
                quantity=item["quantity"],
                name=item["name"],
                barcode=item["barcode"],
                omnitron_id=item["omnitron_id"],
                price=Decimal(item["price"]),
                tax_rate=Decimal(item["tax_rate"]),
            )
            for item in body["items"]
        ),
        destination=Destination(
            country=where["country"]["name"],
            city=where["city"]["name"],
            latitude=round(float(where["latitude"]), 2),
            longitude=round(float(where["longitude"]), 2),
        ),
        personal=Personal("0" * 32, "x" * 600),
        currency=body["currency"],
        amount=Decimal(body["amount"]),
        payment_type=body["payment_type"],
        customer_type=body["customer_type"],
        cargo_company=carriers[body["cargo_company"]],
    )
    command = new_command_id()
    return Decision(
        command_id=command,
        events=((stream_of("order", id), fact),),
        expects={stream_of("order", id): 0},
        claims=(Claim(f"order:{fact.channel}:{fact.number}", answer=str(id).encode(), forever=True),),
        actor="benchmark",
        command="receive",
        correlation_id=command.hex,
        causation_id="",
    )
