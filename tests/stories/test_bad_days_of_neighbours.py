"""Orders from their source to the customer with every neighbour on, each failing in turn in every way: afterwards all
is as it should be, nothing doubled, nothing forgotten. Prints neighbour × fault × outcome (`pytest -s`)."""

from dataclasses import dataclass, field
from typing import Any

from tests.stories.landscape import PACK, Landscape, landscape

FAULTS: dict[str, dict[str, Any]] = {
    "down for a while": {"down": True},
    "slow": {"latency": 0.3},
    "500": {"error_rate": 1.0},
    "wrong answer": {"wrong_answer_rate": 1.0},
    "answer lost after it acted": {"lost_answer_rate": 1.0},
}
GOOD = {"down": False, "latency": 0.0, "error_rate": 0.0, "wrong_answer_rate": 0.0, "lost_answer_rate": 0.0}
NEIGHBOURS = {
    "order source": "order-source",
    "Fast Cargo": "carrier:fast",
    "Steady Parcel": "carrier:steady",
    "invoices": "invoice:127.0.0.1",
    "bills": "bill:127.0.0.1",
    "text messages": "text messages",
}
"""Name → its system in figures; each is down, slow, … while one order passes by it."""


@dataclass
class Row:
    neighbour: str
    fault: str
    pk: int
    package: int
    wrong: list[str] = field(default_factory=list)
    failed: int = 0


def test_every_neighbour_fails_in_every_way_and_all_is_well_afterwards(database_url: str) -> None:
    with landscape(database_url) as land:
        passing = [(neighbour, fault) for neighbour in NEIGHBOURS for fault in FAULTS]
        orders = land.ordered(len(passing))
        rows = [Row(*faults, *order) for faults, order in zip(passing, orders, strict=True)]
        for row in rows:
            _begin(land, row)
        for row in rows:
            _end(land, row)
        land.until(lambda: land.open_calls() == [])
        for row in rows:
            _judged(land, row)
        doubled = _doubled(land)
    print(_table(rows))
    assert [row for row in rows if row.wrong] == []
    assert doubled == []
    assert [row for row in rows if not row.failed and row.fault != "slow"] == [], "each fault was met"


def _begin(land: Landscape, row: Row) -> None:
    """The order is on its way to the neighbour, which fails once at least, and recovers."""
    land.by_steady(row.neighbour == "Steady Parcel")
    picked_up, system = row.neighbour == "text messages", NEIGHBOURS[row.neighbour]
    if picked_up:
        land.command(row.package, PACK)
        land.until(lambda: land.state(row.package) == "500")
    before = land.failures(system)
    land.knobs(row.neighbour, **FAULTS[row.fault])
    land.command(row.package, "ready-for-pickup" if picked_up else PACK)
    if row.fault != "slow":
        land.until(lambda: land.failures(system) > before)
    row.failed = land.failures(system) - before
    land.knobs(row.neighbour, **GOOD)


def _end(land: Landscape, row: Row) -> None:
    """To the customer: by the carrier, who tells it, or with the code that was sent."""
    if row.neighbour == "text messages":
        number = land.package(row.package)["order_number"]
        land.until(lambda: _codes(land, number))
        land.command(row.package, "deliver-to-customer", otp=_codes(land, number)[-1])
        return
    land.until(lambda: land.state(row.package) == "500")
    land.command(row.package, "ship-package")
    carrier = "Steady Parcel" if row.neighbour == "Steady Parcel" else "Fast Cargo"
    land.site.caught_up()
    for status in ("picked_up", "delivered"):
        land.tell(carrier, f"/admin/parcels/{land.package(row.package)['shipment']['awb_number']}", {"status": status})
    land.until(lambda: land.state(row.package) == "900")


def _codes(land: Landscape, number: str) -> list[str]:
    texts = [message["text"] for message in land.ask("text messages", "/admin/messages")["results"]]
    return [text.split()[1] for text in texts if text.split()[0] == number]


def _judged(land: Landscape, row: Row) -> None:
    """What one would look at by hand, at each neighbour and here."""
    package = land.package(row.package)
    label = land.site.admin("GET", f"shipments/{package['shipment']['id']}/label").content
    document = land.site.admin("GET", f"packages/{row.package}/document").content
    carrier = "Steady Parcel" if row.neighbour == "Steady Parcel" else "Fast Cargo"
    reference = f"{package['number']}-{package['shipment']['id']}"
    parcels = [p for p in land.ask(carrier, "/admin/parcels")["results"] if p["reference"] == reference]
    source = land.ask("order source", f"/api/orders/{row.pk}/")
    told = {item["status"] for item in source["orderitem_set"]}
    for said, right in {
        "it is not delivered": package["state"]["enum_value"] == "900",
        "no label of the carrier": label.startswith(b"%PDF-") and parcels and parcels[0]["number"].encode() in label,
        "not one parcel at the carrier": [p["number"] for p in parcels] == [package["shipment"]["awb_number"]],
        "no invoice": bool(package["invoice_number"]) and package["invoice_number"].encode() in document,
        "no bill": bool((package["bill"] or {}).get("bill_number")),
        f"its source knows {told}": told == {"550"},
        "not one code": row.neighbour != "text messages" or len(_codes(land, package["order_number"])) == 1,
    }.items():
        if not right:
            row.wrong.append(said)


def _doubled(land: Landscape) -> list[str]:
    """Where a neighbour did something twice, or heard something in the wrong order."""
    found = [
        name for name in ("Fast Cargo", "Steady Parcel", "invoices", "bills") if land.ask(name, "/report")["doubled"]
    ]
    if land.ask("order source", "/report").get("states out of order"):
        found.append("order source: states out of order")
    return found


def _table(rows: list[Row]) -> str:
    width = max(len(fault) for fault in FAULTS)
    lines = [f"{'neighbour':14} {'fault':{width}} {'failed requests':>15}  outcome"]
    for row in rows:
        outcome = "; ".join(row.wrong) or "delivered, nothing doubled, nothing forgotten"
        lines.append(f"{row.neighbour:14} {row.fault:{width}} {row.failed:>15}  {outcome}")
    return "\n" + "\n".join(lines)
