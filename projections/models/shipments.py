"""`shipments`: found by carrier, state, package and dates; `shipment_awb_numbers`: by the number of any parcel."""

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
    package_number: str
    order_id: int
    location: int
    cargo_company: int | None
    shipped: datetime | None
    delivered: datetime | None
    created: datetime | None
    modified: datetime | None
    version: int
    position: int


def _row(order: Order, shipment: Shipment, position: int, _reveal: Reveal) -> list[ShipmentRow]:
    package = order.packages[shipment.package]
    return [
        ShipmentRow(
            shipment.id,
            shipment.state,
            shipment.package,
            cut(package.number),
            order.id,
            package.location,
            shipment.cargo_company,
            shipment.shipped_at,
            shipment.delivered_at,
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
        "(package_number)",
        "(state, id)",
        "(location, state, id)",
        "(cargo_company, id)",
        "(shipped) where shipped is not null",
        "(delivered) where delivered is not null",
        "(created)",
        "(modified)",
        "(position)",
    ),
)


class AwbNumberRow(msgspec.Struct):
    """`key`: number and shipment, which together are unique."""

    key: str
    awb_number: str
    shipment_id: int
    package_id: int
    order_id: int


def _awb_rows(order: Order, shipment: Shipment, _position: int, _reveal: Reveal) -> list[AwbNumberRow]:
    numbers = {shipment.awb_number, *(parcel.awb_number for parcel in shipment.parcels)}
    return [
        AwbNumberRow(f"{cut(number)}/{shipment.id}", cut(number), shipment.id, shipment.package, order.id)
        for number in sorted(filter(None, numbers))
    ]


SHIPMENT_AWB_NUMBERS = OfState(
    "shipment_awb_numbers",
    AwbNumberRow,
    "shipment",
    lambda order: order.shipments,
    _awb_rows,
    many=True,
    within=lambda shipment: (shipment.awb_number, shipment.parcels),
    indexes=("(awb_number)",),
)
