"""Where an order goes, looked up where its address has no coordinates and the installation wants that (spec 5). It is
planned when they are known, or when who knows them cannot be asked in time."""

from datetime import datetime

from domain.application_settings import value_of
from domain.changing import replace
from domain.kernel import Facts, Reference, fact
from domain.order import Destination, Order, OrderReceived, evolve_order
from domain.states import UNPLANNED

# --- facts


@fact("OrderPlaceSought", on="order", sentence="Its coordinates are looked up before it is planned.")
class OrderPlaceSought:
    order: int


@fact("OrderPlaced", on="order", sentence="Its coordinates are {latitude}, {longitude}.")
class OrderPlaced:
    """Rounded to 0.01°, as all of an order's; None: nobody knows them, it is planned without."""

    order: int
    latitude: float | None = None
    longitude: float | None = None


# --- evolve


@evolve_order.on(OrderPlaceSought)
def _sought(order: Order, _: OrderPlaceSought, _at: datetime) -> Order:
    return replace(order, to_plan=False)


@evolve_order.on(OrderPlaced)
def _placed(order: Order, fact: OrderPlaced, _at: datetime) -> Order:
    if fact.latitude is None or fact.longitude is None:
        return replace(order, to_plan=True)
    where = replace(order.destination, latitude=fact.latitude, longitude=fact.longitude)
    return replace(order, to_plan=True, destination=where)


# --- decisions


def sought(received: OrderReceived, reference: Reference) -> Facts:
    """Beside an order that comes in: its place is looked up, where it has none and that is wanted."""
    if not received.plan or received.destination.latitude is not None or not _is_wanted(reference):
        return []
    return [OrderPlaceSought(order=received.order)]


def sought_again(order: Order, where: Destination, reference: Reference) -> Facts:
    """Beside another address: as above, where something is still to be planned."""
    left = order.waiting or any(package.state in UNPLANNED for package in order.packages.values())
    if not left or not order.to_plan or where.latitude is not None or not _is_wanted(reference):
        return []
    return [OrderPlaceSought(order=order.id)]


def _is_wanted(reference: Reference) -> bool:
    return bool(value_of(reference, "GEOLOCATION_DISCOVERY") and value_of(reference, "GEOCODE_PROVIDER_SETTINGS"))


def placed(order: Order | None, latitude: float | None, longitude: float | None) -> Facts:
    """The answer; what is known already, or was told meanwhile, gives no facts."""
    if order is None or order.destination.latitude is not None:
        return []
    if latitude is None or longitude is None:
        return [] if order.to_plan else [OrderPlaced(order=order.id)]
    return [OrderPlaced(order=order.id, latitude=round(latitude, 2), longitude=round(longitude, 2))]
