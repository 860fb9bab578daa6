"""Orders from their source to the customer with every neighbour on, each failing in turn in every way: afterwards all
is as it should be, nothing doubled, nothing forgotten. Prints neighbour × fault × outcome (`pytest -s`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from domain.kinds import stream_of
from domain.order import Destination, Order
from tests.stories.landscape import PACK, Landscape, landscape

FAULTS: dict[str, dict[str, Any]] = {
    "down for a while": {"down": True},
    "slow": {"latency": 0.3},
    "500": {"error_rate": 1.0},
    "wrong answer": {"wrong_answer_rate": 1.0},
    "answer lost after it acted": {"lost_answer_rate": 1.0},
}
OWN_FAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "stock service": {
        **FAULTS,
        "wrong answer": {"wrong_json_rate": 1.0},
        "answer lost after it acted": {"cut_rate": 1.0},
    },
    "ERP": {
        "down for a while": {"down": True},
        "slow": {"latency": 0.3},
        "500": {"failure_rate": 1.0},
        "answer lost after it acted": {"lost_answer_rate": 1.0},
    },
}
"""A stock service does nothing that could be done twice: an answer of it ends in its middle. Of an ERP's answer only
the status counts, so none is wrong."""

GOOD = {"down": False, "latency": 0.0, "error_rate": 0.0, "wrong_answer_rate": 0.0, "lost_answer_rate": 0.0}
OWN_GOOD: dict[str, dict[str, Any]] = {
    "stock service": {"down": False, "latency": 0.0, "error_rate": 0.0, "wrong_json_rate": 0.0, "cut_rate": 0.0},
    "ERP": {"down": False, "latency": 0.0, "failure_rate": 0.0, "lost_answer_rate": 0.0},
}
NEIGHBOURS = {
    "order source": "order-source",
    "geocoder": "geocoding",
    "stock service": "stock:",
    "Fast Cargo": "carrier:fast",
    "Steady Parcel": "carrier:steady",
    "invoices": "invoice:127.0.0.1",
    "bills": "bill:127.0.0.1",
    "text messages": "text messages",
    "ERP": "webhook:1",
    "Fast Cargo, asked": "carrier:fast",
    "Steady Parcel, asked": "carrier:steady",
}
"""Name → its system in figures; each is down, slow, … while one order passes by it. A carrier that is asked has told
nothing by itself: the job that asks finds out."""

ASKED = ", asked"


@dataclass
class Row:
    neighbour: str
    fault: str
    pk: int = 0
    package: int = 0
    wrong: list[str] = field(default_factory=list)
    failed: int = 0

    @property
    def carrier(self) -> str:
        return "Steady Parcel" if self.neighbour.startswith("Steady Parcel") else "Fast Cargo"

    @property
    def asked(self) -> bool:
        return self.neighbour.endswith(ASKED)

    @property
    def planned_late(self) -> bool:
        """Its bad day is before it is planned."""
        return self.neighbour in ("geocoder", "stock service")

    @property
    def picked_up(self) -> bool:
        """Fetched by the customer, with a code."""
        return self.neighbour == "text messages"


def test_every_neighbour_fails_in_every_way_and_all_is_well_afterwards(database_url: str) -> None:
    with landscape(database_url) as land:
        rows = [Row(neighbour, fault) for neighbour in NEIGHBOURS for fault in OWN_FAULTS.get(neighbour, FAULTS)]
        known = [row for row in rows if not row.planned_late]
        for row, pk in zip(known, land.placed(len(known)), strict=True):
            row.pk = pk
        for row, package in zip(known, land.planned([row.pk for row in known]), strict=True):
            row.package = package
        for row in rows:
            _begin(land, row)
        _end(land, rows)
        land.until(lambda: land.open_calls() == [] and land.untold() == 0)
        for row in rows:
            _judged(land, row)
        doubled = _doubled(land)
    print(_table(rows))
    assert [row for row in rows if row.wrong] == []
    assert doubled == []
    assert [row for row in rows if not row.failed and row.fault != "slow"] == [], "each fault was met"


def _begin(land: Landscape, row: Row) -> None:
    """The order is on its way to the neighbour, which fails once at least, and recovers."""
    if row.planned_late:
        _planned(land, row)
    land.by_steady(row.carrier == "Steady Parcel")
    if row.picked_up:
        land.command(row.package, PACK)
        land.until(lambda: land.state(row.package) == "500")
    if row.asked or row.planned_late:
        land.command(row.package, PACK)
        return  # its bad day comes when it is asked, or is over
    with _bad_day(land, row):
        land.command(row.package, "ready-for-pickup" if row.picked_up else PACK)


@contextmanager
def _bad_day(land: Landscape, row: Row) -> Iterator[None]:
    """Until the neighbour has failed in this way."""
    system, name = NEIGHBOURS[row.neighbour], row.neighbour.removesuffix(ASKED)
    if name == "stock service":
        system += urlsplit(land.urls[name]).netloc
    before = land.failures(system)
    land.knobs(name, **OWN_FAULTS.get(name, FAULTS)[row.fault])
    yield
    if row.fault != "slow":
        land.until(lambda: land.failures(system) > before)
    row.failed = land.failures(system) - before
    land.knobs(name, **OWN_GOOD.get(name, GOOD))


def _planned(land: Landscape, row: Row) -> None:
    """An order comes in, to an address without coordinates where these are looked up, and is planned in the end."""
    land.knobs("order source", bare_rate=1.0 if row.neighbour == "geocoder" else 0.0)
    with _bad_day(land, row):
        [row.pk] = land.placed(1)
    [row.package] = land.planned([row.pk])


def _end(land: Landscape, rows: list[Row]) -> None:
    """To the customers: by a carrier, who tells it or is asked, or with the code that was sent."""
    for row in rows:
        if row.picked_up:
            number = land.package(row.package)["order_number"]
            land.until(lambda number=number: _codes(land, number))  # type: ignore[misc]  # no stricter type can be said here
            land.command(row.package, "deliver-to-customer", otp=_codes(land, number)[-1])
    by_carrier = [row for row in rows if not row.picked_up]
    for row in by_carrier:
        land.until(lambda row=row: land.state(row.package) == "500")  # type: ignore[misc]  # as above
    for row in by_carrier:
        if not row.asked:
            land.command(row.package, "ship-package")
    land.site.caught_up()
    for row in by_carrier:
        if not row.asked:
            _delivered(land, row)
    for row in by_carrier:
        if row.asked:
            land.command(row.package, "ship-package")
            _delivered(land, row)
            with _bad_day(land, row):
                state = land.carriers_asked()
            if (state == "failed") is not (row.fault != "slow"):
                row.wrong.append(f"the job that asks has {state}")
    assert land.carriers_asked() == "finished"
    for row in by_carrier:
        land.until(lambda row=row: land.state(row.package) == "900")  # type: ignore[misc]  # as above


def _delivered(land: Landscape, row: Row) -> None:
    """At the carrier."""
    parcel = f"/admin/parcels/{land.package(row.package)['shipment']['awb_number']}"
    for status in ("picked_up", "delivered"):
        land.tell(row.carrier, parcel, {"status": status, "tell": not row.asked})


def _codes(land: Landscape, number: str) -> list[str]:
    texts = [message["text"] for message in land.ask("text messages", "/admin/messages")["results"]]
    return [text.split()[1] for text in texts if text.split()[0] == number]


def _judged(land: Landscape, row: Row) -> None:
    """What one would look at by hand, at each neighbour and here."""
    package = land.package(row.package)
    label = land.site.admin("GET", f"shipments/{package['shipment']['id']}/label").content
    document = land.site.admin("GET", f"packages/{row.package}/document").content
    reference = f"{package['number']}-{package['shipment']['id']}"
    parcels = [p for p in land.ask(row.carrier, "/admin/parcels")["results"] if p["reference"] == reference]
    source = land.ask("order source", f"/api/orders/{row.pk}/")
    told = {item["status"] for item in source["orderitem_set"]}
    chains = land.ask("ERP", f"/objects?object=package:{row.package}")["results"]
    for said, right in {
        "it is not delivered": package["state"]["enum_value"] == "900",
        "no label of the carrier": label.startswith(b"%PDF-") and parcels and parcels[0]["number"].encode() in label,
        "not one parcel at the carrier": [p["number"] for p in parcels] == [package["shipment"]["awb_number"]],
        "no invoice": bool(package["invoice_number"]) and package["invoice_number"].encode() in document,
        "no bill": bool((package["bill"] or {}).get("bill_number")),
        f"its source knows {told}": told == {"550"},
        "the ERP has not heard it in one chain to its end": [
            [event["type"].rpartition(".")[2] for event in chain["events"]][-2:] for chain in chains
        ]
        == [["delivered", "transitioned"]],
        "nobody knows where it went": _destination(land, package["order_id"]).latitude is not None,
        "not one code": not row.picked_up or len(_codes(land, package["order_number"])) == 1,
    }.items():
        if not right:
            row.wrong.append(said)


def _destination(land: Landscape, order: int) -> Destination:
    found: Order = land.site.log.state(stream_of("order", order)).state
    return found.destination


def _doubled(land: Landscape) -> list[str]:
    """Where a neighbour did something twice, or heard something in the wrong order."""
    found = [
        name for name in ("Fast Cargo", "Steady Parcel", "invoices", "bills") if land.ask(name, "/report")["doubled"]
    ]
    if land.ask("order source", "/report").get("states out of order"):
        found.append("order source: states out of order")
    erp = land.ask("ERP", "/report")
    wrong = ("late_repeats", "changed_repeats", "out_of_order", "gaps", "bad_signature", "malformed")
    found += [f"ERP: {name}" for name in wrong if erp[name]]
    return found


def _table(rows: list[Row]) -> str:
    width = max(len(fault) for fault in FAULTS)
    lines = [f"{'neighbour':20} {'fault':{width}} {'failed requests':>15}  outcome"]
    for row in rows:
        outcome = "; ".join(row.wrong) or "delivered, nothing doubled, nothing forgotten"
        lines.append(f"{row.neighbour:20} {row.fault:{width}} {row.failed:>15}  {outcome}")
    return "\n" + "\n".join(lines)
