"""What a simulated period came to, beside what really happened (spec 2.7): figures, per location, per day."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isinf
from typing import Any

from domain.order import Order
from eventlog.log import EventLog
from scenarios.definition import Scenario, TransferScenario, Weights
from scenarios.demands import destination_of
from scenarios.places import Places
from scenarios.replaying import Outcome, Replay
from scenarios.twins import Twin, of_order

SHOWN = 100  # orders that differ, told one by one


@dataclass(slots=True)
class Figures:
    """Sums over the orders of the period. `kilometres`: from each package's location to the customer, and of each
    transfer; `unlocated` packages whose distance is not known. `cost` by the weights of least_cost."""

    orders_placed: int = 0
    packages: int = 0
    split: int = 0
    transfers: int = 0
    kilometres: float = 0.0
    unlocated: int = 0
    lines_unplanned: int = 0
    pieces_unplanned: int = 0
    by_location: Counter[int] = field(default_factory=Counter)
    by_day: dict[str, list[int]] = field(default_factory=dict)

    def add(self, twin: Twin, order: Order, places: Places, day: str) -> None:
        km = places.km(destination_of(order))
        n = len(twin.packages)
        self.packages += n
        self.orders_placed += n > 0
        self.split += n > 1
        for package in twin.packages:
            self.by_location[package.location] += 1
            self._drive(places, km, package.location)
            at = places.ordinal.get(package.location)
            for source, lines in package.legs:
                if lines:
                    self.transfers += 1
                    self._drive(places, places.km(places.rows[at].address) if at is not None else [], source)
        waits = [pieces for pieces in twin.open.values() if pieces > 0]
        self.lines_unplanned += len(waits)
        self.pieces_unplanned += sum(waits)
        days = self.by_day.setdefault(day, [0, 0, 0])
        for i, more in enumerate((n > 0, n, n > 1)):
            days[i] += more

    def _drive(self, places: Places, km: Any, location: int) -> None:
        at = places.ordinal.get(location)
        far = km[at] if at is not None and at < len(km) else float("inf")
        if isinf(far):
            self.unlocated += 1
        else:
            self.kilometres += far

    def as_json(self, weights: Weights) -> dict[str, Any]:
        cost = weights.package * self.packages + weights.kilometre * self.kilometres + weights.transfer * self.transfers
        placed = self.orders_placed or 1
        return {
            "orders_placed": self.orders_placed,
            "packages": self.packages,
            "packages_per_order": round(self.packages / placed, 4),
            "split_rate": round(self.split / placed, 4),
            "transfers": self.transfers,
            "kilometres": round(self.kilometres, 1),
            "cost": round(cost, 2),
            "lines_unplanned": self.lines_unplanned,
            "pieces_unplanned": self.pieces_unplanned,
            "packages_without_distance": self.unlocated,
        }


def simulate(
    log: EventLog,
    begin: datetime,
    end: datetime,
    draft: Scenario | None = None,
    transfers: Iterable[TransferScenario] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Replays [begin, end) under the draft (None: under what planned it) and reports: {from, to, positions, scenario,
    orders, plannings, differ, really, simulated, locations, days, orders_that_differ}."""
    found = Replay(log, begin, end, draft, None if transfers is None else tuple(transfers), progress).run()
    return report(found, begin, end, draft)


def report(found: Outcome, begin: datetime, end: datetime, draft: Scenario | None) -> dict[str, Any]:
    places = found.past.world.places
    really, here = Figures(), Figures()
    differ = []
    for id, at in found.orders.items():
        order = found.past.order(id)
        if order is None:
            continue
        real = of_order(order)
        twin = found.twins.get(id, real)
        really.add(real, order, places, at.date().isoformat())
        here.add(twin, order, places, at.date().isoformat())
        if twin is not real:
            differ.append((order, real, twin))
    weights = draft.rules[0].weights if draft is not None else Weights()
    codes = {place.id: place.erp_code for place in places.rows}
    counted = found.counted
    return {
        "from": begin.isoformat(),
        "to": end.isoformat(),
        "positions": list(found.positions),
        "scenario": draft.name if draft is not None else None,
        "orders": len(found.orders),
        "plannings": {
            "all": counted.plannings,
            "on_kept_inputs": counted.on_inputs,
            "on_the_log": counted.on_the_log,
            "no_scenario_fitted": counted.waited,
        },
        "differ": len(differ),
        "really": really.as_json(weights),
        "simulated": here.as_json(weights),
        "locations": _locations(found, really, here, codes),
        "days": [
            {"day": day, "really": _day(really.by_day.get(day)), "simulated": _day(here.by_day.get(day))}
            for day in sorted({*really.by_day, *here.by_day})
        ],
        "orders_that_differ": [
            {
                "order": order.id,
                "number": order.number,
                "really": _shown(real, order, codes),
                "simulated": _shown(twin, order, codes),
            }
            for order, real, twin in differ[:SHOWN]
        ],
    }


def _locations(found: Outcome, really: Figures, here: Figures, codes: Mapping[int, str]) -> list[dict[str, Any]]:
    """Packages given in the period, and the most slots held at once; the busiest first."""
    quotas = {place.id: place.max_quota for place in found.past.world.places.rows}
    rows = []
    for id in sorted({*really.by_location, *here.by_location}, key=lambda id: codes.get(id, "")):
        peak = found.peaks.get(id, [0, 0])
        rows.append(
            {
                "erp_code": codes.get(id),
                "max_quota": quotas.get(id),
                "packages": {"really": really.by_location[id], "simulated": here.by_location[id]},
                "peak_load": {"really": peak[0], "simulated": peak[1]},
            }
        )
    return sorted(rows, key=lambda row: -max(row["packages"].values()))


def _day(counts: list[int] | None) -> dict[str, int]:
    return dict(zip(("orders", "packages", "split"), counts or [0, 0, 0], strict=True))


def _shown(twin: Twin, order: Order, codes: Mapping[int, str]) -> dict[str, Any]:
    sku = {item.id: item.sku for item in order.items}
    return {
        "packages": [
            {
                "stock_location": codes.get(package.location),
                "items": {sku[item]: n for item, n in sorted(package.lines.items())},
                "transfers_from": [codes.get(source) for source, lines in package.legs if lines],
            }
            for package in twin.packages
        ],
        "open": {sku[item]: n for item, n in sorted(twin.open.items()) if n},
    }
