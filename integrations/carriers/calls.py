"""What facts ask of a carrier: announce a shipment and get its label (C2, C22, C23), cancel it, bring something back.

The calls of a shipment go one after another. So a cancellation comes after what it cancels; where that never got an
answer, the shipment is cancelled by our reference, and a carrier that never had it says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.cancelling import PackageRefundAccepted
from domain.document import Content, Document, media_type_of
from domain.order import Order
from domain.settings import CargoCompany
from domain.shipment import (
    OVER,
    Parcel,
    Shipment,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentInfoUpdated,
    ShipmentLabelRequested,
    live,
)
from domain.shipping import labelled, return_booked
from integrations.carriers.adapter import Consigned
from integrations.carriers.adapters import carrier, format_of, is_connected, system_of
from integrations.carriers.consignments import consignment, reference_of, the_other_way
from integrations.desk import Desk
from integrations.kinds import CallKind, Caused, Seen, Work, declare
from integrations.trouble import Declined, Moot, NotYet

ASKING = frozenset({"complete-packaging-with-shipment", "update-shipment-info"})
"""Commands whose new shipment the carrier is told of (C2, C22); C18 and C19 tell it nothing."""


# --- what facts cause


def _announced(seen: Seen) -> Iterator[Caused]:
    fact = seen.fact
    if isinstance(fact, ShipmentCreated) and seen.event.command not in ASKING:
        return
    shipment = seen.order.shipments[fact.shipment]
    again = isinstance(fact, ShipmentLabelRequested)
    if shipment.awb_number is None or again:
        yield from _caused(seen, shipment, shipment.cargo_company, {"label": True} if again else {})


def _cancelled(seen: Seen) -> Iterator[Caused]:
    fact = seen.fact
    after = seen.order.shipments[fact.shipment]
    if isinstance(fact, ShipmentCancelled):
        if after.awb_number is None or after.by_carrier:
            yield from _caused(seen, after, after.cargo_company, {"awb": after.awb_number})
        return
    before = seen.before.shipments.get(fact.shipment)
    moved = before is not None and before.cargo_company != after.cargo_company
    if before is not None and moved and (before.awb_number is None or before.by_carrier):
        yield from _caused(seen, before, before.cargo_company, {"awb": before.awb_number})


def _brought_back(seen: Seen) -> Iterator[Caused]:
    package = seen.order.packages[seen.fact.package]
    shipment = live(seen.order.shipments, package.shipment)
    if shipment is not None and shipment.by_carrier:
        pieces: Counter[str] = Counter()
        skus = {item.id: item.sku for item in package.items}
        for item, quantity in seen.fact.items:
            pieces[skus[item]] += quantity
        yield from _caused(seen, shipment, shipment.cargo_company, {"pieces": dict(pieces)})


def _caused(seen: Seen, shipment: Shipment, company: int | None, about: dict[str, object]) -> Iterator[Caused]:
    found = None if company is None else seen.reference.one("cargo_company", company)
    if found is not None and is_connected(found):
        subject, lane = f"shipment-{shipment.id}@{company}", f"shipment-{shipment.id}"
        yield Caused(subject, lane, system_of(found), {"shipment": shipment.id, "company": company, **about})


# --- how they run


def _parts(work: Work, order: Order, desk: Desk) -> tuple[Shipment, CargoCompany]:
    company = desk.log.reference.one("cargo_company", work.about["company"])
    if company is None or not is_connected(company):
        raise Moot("the carrier is not connected any more")
    return order.shipments[work.about["shipment"]], company


def _announce(work: Work, desk: Desk) -> str:
    order = desk.order(work)
    shipment, company = _parts(work, order, desk)
    if shipment.state in OVER:
        raise Moot(f"the shipment is {shipment.state.value}")
    if shipment.cargo_company != company.id:
        raise Moot("another carrier has it now")
    line = carrier(company, desk, work)
    if shipment.awb_number is None:
        then = desk.then(work)
        said = line.create(consignment(then, then.shipments[shipment.id], company, desk), str(work.key))
        return _answered(work, desk, shipment, said)
    if shipment.label is not None and not work.about.get("label"):
        return f"it is labelled: {shipment.awb_number}"
    if not shipment.by_carrier and not work.about.get("label"):
        raise Moot(f"its number was told: {shipment.awb_number}")
    label = line.label(shipment.awb_number, format_of(company.conf))
    if label is None:
        raise NotYet("the carrier has not made the label yet")
    return _labelled(work, desk, shipment, shipment.awb_number, label)


def _answered(work: Work, desk: Desk, shipment: Shipment, said: Consigned) -> str:
    """The number is known at once, whether the label is there or not."""
    parcels = _numbered(shipment.parcels, said.parcels)
    label = _kept(desk, work, said.label)

    def told(order: Order | None, _given: object) -> list[object]:
        return labelled(
            order,
            shipment.id,
            awb_number=said.awb_number,
            parcels=parcels,
            query_number=said.query_number,
            label=label,
            awaited=label is None,
        )

    desk.decide(work, told, command="carrier-number", actor="carrier")
    if label is None:
        raise NotYet("the carrier has not made the label yet", 1.0)
    return f"number {said.awb_number}, with its label"


def _labelled(work: Work, desk: Desk, shipment: Shipment, awb: str, content: bytes) -> str:
    label = _kept(desk, work, content)

    def told(order: Order | None, _given: object) -> list[object]:
        return labelled(order, shipment.id, awb_number=awb, label=label)

    desk.decide(work, told, command="carrier-label", actor="carrier")
    return f"the label of {awb}"


def _numbered(parcels: tuple[Parcel, ...], numbers: Iterable[str]) -> tuple[Parcel, ...]:
    """The carrier's number for each parcel, where it gave one to each."""
    told = tuple(numbers)
    if len(told) != len(parcels):
        return parcels
    return tuple(Parcel(number, parcel.weight) for number, parcel in zip(told, parcels, strict=True))


def _kept(desk: Desk, work: Work, content: bytes | None) -> Document | None:
    if content is None:
        return None
    key = desk.order(work).personal.key
    try:
        desk.documents.keep(key, content)
    except KeyError:
        raise Declined("the customer was forgotten: no document of theirs is kept") from None
    return Content(media_type_of(content), content).document(key)


def _cancel(work: Work, desk: Desk) -> str:
    order = desk.order(work)
    shipment, company = _parts(work, order, desk)
    reference, awb = reference_of(order.packages[shipment.package], shipment), work.about.get("awb")
    carrier(company, desk, work).cancel(reference, awb, str(work.key))
    return f"cancelled at the carrier: {awb or reference}"


def _bring_back(work: Work, desk: Desk) -> str:
    shipment, company = _parts(work, desk.order(work), desk)
    then = desk.then(work)
    wanted = the_other_way(consignment(then, then.shipments[shipment.id], company, desk), work.about["pieces"])
    said = carrier(company, desk, work).bring_back(wanted, shipment.awb_number or "", str(work.key))
    label = _kept(desk, work, said.label)

    def told(order: Order | None, _given: object) -> list[object]:
        return return_booked(order, shipment.id, awb_number=said.awb_number, label=label)

    desk.decide(work, told, command="carrier-return", actor="carrier")
    return f"the return is {said.awb_number}"


declare(
    CallKind(
        "carrier.shipment",
        "Announces a shipment to its carrier and gets the label.",
        (ShipmentCreated, ShipmentInfoUpdated, ShipmentLabelRequested),
        _announced,
        _announce,
        once=True,
    )
)
declare(
    CallKind(
        "carrier.cancellation",
        "Cancels a shipment at its carrier.",
        (ShipmentCancelled, ShipmentInfoUpdated),
        _cancelled,
        _cancel,
    )
)
declare(
    CallKind(
        "carrier.return",
        "Orders the return of what was shipped.",
        (PackageRefundAccepted,),
        _brought_back,
        _bring_back,
    )
)
