"""The JSON objects of spec 7, as functions of a folded state. Details, lists, `?at=` and webhooks all call `render`."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.kernel import Reference
from domain.order import Order, item_states
from projections.objects.discrepancy import discrepancy_object
from projections.objects.location import location_object
from projections.objects.order import order_object
from projections.objects.order_item import order_item_object
from projections.objects.package import package_object
from projections.objects.package_item import package_item_object
from projections.objects.package_short import package_short
from projections.objects.person import Reveal, person
from projections.objects.settings import record_object
from projections.objects.shipment import shipment_object
from projections.objects.transfer import transfer_object, transfer_short
from projections.objects.transfer_item import transfer_item_object

Object = dict[str, Any]


def _order_item(order: Order, id: int, _reference: Reference, _reveal: Reveal) -> Object | None:
    item = next((i for i in order.items if i.id == id), None)
    return None if item is None else order_item_object(order, item, item_states(order)[id])


def _package_item(order: Order, id: int, _reference: Reference, _reveal: Reveal) -> Object | None:
    for package in order.packages.values():
        for item in package.items:
            if item.id == id:
                line = next(i for i in order.items if i.id == item.item)
                return package_item_object(order, package, item, line)
    return None


def _transfer_item(order: Order, id: int, _reference: Reference, _reveal: Reveal) -> Object | None:
    for transfer in order.transfers.values():
        for item in transfer.items:
            if item.id == id:
                return transfer_item_object(order, transfer, item)
    return None


def _of(collection: str, show: Callable[[Order, Any, Reference, Reveal], Object]) -> Callable[..., Object | None]:
    def render_one(order: Order, id: int, reference: Reference, reveal: Reveal) -> Object | None:
        thing = getattr(order, collection).get(id)
        return None if thing is None else show(order, thing, reference, reveal)

    return render_one


_OF_ORDER: Mapping[str, Callable[[Order, int, Reference, Reveal], Object | None]] = {
    "order": lambda o, id, ref, reveal: order_object(o, ref, person(o, reveal)) if o.id == id else None,
    "order_item": _order_item,
    "package": _of("packages", lambda o, p, ref, reveal: package_object(o, p, ref, person(o, reveal))),
    "package_short": _of("packages", lambda o, p, ref, reveal: package_short(o, p, ref, person(o, reveal))),
    "package_item": _package_item,
    "transfer": _of("transfers", lambda o, t, ref, _: transfer_object(o, t, ref)),
    "transfer_short": _of("transfers", lambda o, t, ref, _: transfer_short(o, t, ref)),
    "transfer_item": _transfer_item,
    "shipment": _of("shipments", lambda o, s, ref, reveal: shipment_object(o, s, ref, person(o, reveal))),
    "discrepancy": _of("discrepancies", lambda o, d, ref, _: discrepancy_object(o, d, ref)),
}

KINDS_OF_ORDER = frozenset(_OF_ORDER)
"""Kinds of objects that an order's stream holds."""


def render(kind: str, id: int, state: Any, reference: Reference, reveal: Reveal) -> Object | None:
    """The object `kind` `id` in the folded `state` of its stream (an Order for the kinds of KINDS_OF_ORDER), as JSON
    that may be shared: not to be changed. None where the state holds no such object. `reveal` opens personal values;
    what is forgotten is null."""
    if state is None:
        return None
    of_order = _OF_ORDER.get(kind)
    if of_order is not None:
        return of_order(state, id, reference, reveal)
    return location_object(state) if kind == "location" else record_object(state)
