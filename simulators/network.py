"""The brand's warehouses and stores, and what lies in them: bodies for the API, the same for the same seed."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from simulators.data import Place, address, store_places

MOST = 602  # two warehouses and 600 stores
# Where warehouses stand in reality: by the motorway crossings of the Midlands and the North West.
WAREHOUSES = (Place("Northampton", 52.24, -0.90), Place("Warrington", 53.39, -2.59))


def locations(n: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """`n` bodies for `POST stock_locations/`, 1 ≤ n ≤ 602: a warehouse (two from twenty locations on) and stores, drawn
    from a real chain's. WH-01, WH-02, ST-001 …; the first is the default stock location of the scenario."""
    if not 1 <= n <= MOST:
        raise ValueError(f"There are between 1 and {MOST} locations, not {n}.")
    warehouses = WAREHOUSES[: 1 if n < 20 else 2]
    for number, place in enumerate(warehouses, start=1):
        yield warehouse(f"WH-{number:02}", place)
    # One order of all stores per seed: a network of 100 locations holds the stores of the network of 60.
    drawn = random.Random(f"{seed}|stores").sample(store_places(), MOST - len(WAREHOUSES))
    twins: Counter[str] = Counter()
    for number, place in enumerate(drawn[: n - len(warehouses)], start=1):
        twins[place.name] += 1
        yield store(f"ST-{number:03}", place, twins[place.name], random.Random(f"{seed}|store|{number}"))


def stores(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """The stores of a network of `n` locations."""
    return [body for body in locations(n, seed) if body["stock_location_type"] == "store"]


def nearest(stores: Iterable[dict[str, Any]], address: dict[str, Any]) -> str:
    """The erp code of the store nearest to an address with coordinates, as its customer would choose it."""
    here = _point(address)
    return str(min(stores, key=lambda store: math.dist(_point(store["address"]), here))["erp_code"])


def _point(address: dict[str, Any]) -> tuple[float, float]:
    """On a plane, in degrees of latitude: near enough within one country."""
    latitude, longitude = float(address["latitude"]), float(address["longitude"])
    return latitude, longitude * math.cos(math.radians(54))


def warehouse(erp_code: str, place: Place) -> dict[str, Any]:
    body = _location(erp_code, f"{place.name} warehouse", "warehouse", place, "1 Depot Road")
    return body | {"priority": 50, "max_quota": 2000, "is_pickup_location": False, "tags": ["hub"]}


def store(erp_code: str, place: Place, twin: int, chance: random.Random) -> dict[str, Any]:
    body = _location(
        erp_code, f"{place.name} {twin}" if twin > 1 else place.name, "store", place, f"{twin} Market Place"
    )
    size = chance.choice(["small", "medium", "large"])
    quota = {"small": 20, "medium": 40, "large": 80}[size]
    return body | {"priority": chance.choice([10, 20, 30]), "max_quota": quota, "tags": [size]}


def _location(erp_code: str, name: str, kind: str, place: Place, line: str) -> dict[str, Any]:
    return {
        "erp_code": erp_code,
        "name": name,
        "stock_location_type": kind,
        "is_active": True,
        "is_fulfillment_center": True,
        "is_pickup_location": True,
        "is_delivery_location": True,
        "is_return_available": True,
        "is_fast_delivery_available": False,
        "conf": {},
        "address": address(line, place.name, place.latitude, place.longitude),
    }


def stock(
    orders: Iterable[dict[str, Any]], locations: Sequence[dict[str, Any]], seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Rows `{erp_code, sku, quantity}` for `PUT stock/` and the stock service, from the demand of these orders.

    The recipe. Demand of a SKU: the pieces that the orders ask for. Its popularity: how many SKUs sell less, 0 to 1.
    * 1.2 % of the slow half of the SKUs lie nowhere: their orders cannot be served in full.
    * WH-01 has 97 % of the others, 0.9 to 1.5 times the demand; WH-02 has 60 %, 0.2 to 0.6 times.
    * A store has a SKU with a chance from 25 % (slow) to 65 % (fast) times its size (small 0.7, medium 1, large 1.3),
      and of it one to three times a usual line, where the usual line is the median quantity sold.
    * What the warehouses lack, stores may have: an order of many lines mostly goes whole from WH-01 or is split between
      it and a shop; one of few lines often fits a shop nearby.
    """
    quantities: dict[str, list[int]] = {}
    for order in orders:
        for item in order["items"]:
            quantities.setdefault(item["sku"], []).append(item["quantity"])
    skus = sorted(quantities, key=lambda sku: (len(quantities[sku]), sku))
    popularity = {sku: rank / max(1, len(skus) - 1) for rank, sku in enumerate(skus)}
    chance = random.Random(f"{seed}|nowhere")
    somewhere = [sku for sku in skus if popularity[sku] > 0.5 or chance.random() >= 0.012]
    for location in locations:
        here = random.Random(f"{seed}|stock|{location['erp_code']}")
        for sku in somewhere:
            quantity = _held(location, popularity[sku], sorted(quantities[sku]), here)
            if quantity:
                yield {"erp_code": location["erp_code"], "sku": sku, "quantity": quantity}


def _held(location: dict[str, Any], popularity: float, sold: list[int], here: random.Random) -> int:
    demand, usual = sum(sold), sold[len(sold) // 2]
    if location["erp_code"] == "WH-01":
        return round(demand * here.uniform(0.9, 1.5)) if here.random() < 0.97 else 0
    if location["stock_location_type"] == "warehouse":
        return round(demand * here.uniform(0.2, 0.6)) if here.random() < 0.6 else 0
    size = {"small": 0.7, "medium": 1.0, "large": 1.3}[location["tags"][0]]
    if here.random() >= (0.25 + 0.4 * popularity) * size:
        return 0
    return round(usual * here.uniform(1, 3))
