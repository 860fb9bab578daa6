"""`shipments`: found by carrier, AWB number (of any parcel), state and dates."""

from datetime import datetime

import msgspec

from domain.order import Order
from domain.shipment import Shipment
from projections.model import OfState, cut
from projections.objects.person import Reveal


class ShipmentRow(msgspec.Struct):
    id: int
    state: str
    package_id: int
    order_id: int
    location: int
    cargo_company: int | None
    awb_numbers: list[str]
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, shipment: Shipment, position: int, _reveal: Reveal) -> list[ShipmentRow]:
    numbers = (shipment.awb_number, *(parcel.awb_number for parcel in shipment.parcels))
    return [
        ShipmentRow(
            shipment.id,
            shipment.state,
            shipment.package,
            order.id,
            order.packages[shipment.package].location,
            shipment.cargo_company,
            sorted({cut(number) for number in numbers if number}),
            shipment.created,
            shipment.modified,
            shipment.version,
            position,
        )
    ]


SHIPMENTS = OfState(
    "shipments",
    ShipmentRow,
    "shipment",
    lambda order: order.shipments,
    _row,
    counted=lambda _, shipment: (0, shipment.state.value),
    indexes=(
        "(package_id)",
        "using gin (awb_numbers)",
        "(state, id)",
        "(location, state, id)",
        "(cargo_company, id)",
        "(created)",
        "(modified)",
        "(position)",
    ),
)
