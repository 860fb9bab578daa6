"""The states of orders, packages, transfers and shipments (spec 1.2–1.5), with their names in English and Turkish."""

from enum import IntEnum, StrEnum


class PackageStatus(IntEnum):
    """Spec 1.2. Package items have the same values and follow their package."""

    waiting_for_transfer = 50
    waiting = 100
    waiting_remote_action = 150
    preparing = 200
    blocked = 300
    ready_for_packaging = 400
    waiting_cargo_label = 450
    packed = 500
    ready_for_pickup = 550
    shipped = 600
    attempted_delivery = 700
    delivery_failed = 800
    delivered = 900
    needs_rescheduling = 910
    out_of_stock = 920
    cancellation_waiting = 930
    cancelled = 1000
    packed_for_refund = 1100
    returned = 1200


P = PackageStatus

RESERVES = frozenset({P.waiting_for_transfer, P.waiting, P.waiting_remote_action, P.preparing, P.ready_for_packaging})
"""States whose lines are reserved at the package's location (300 and 930: as the state before)."""

SLOT = frozenset(
    {
        P.waiting_for_transfer,
        P.waiting,
        P.waiting_remote_action,
        P.preparing,
        P.blocked,
        P.cancellation_waiting,
    }
)
"""States that hold a quota slot of the location."""

UNPLANNED = frozenset({P.needs_rescheduling, P.out_of_stock})
"""States whose lines wait to be planned again (A2)."""


class TransferStatus(StrEnum):
    """Spec 1.3."""

    waiting = "waiting"
    ready_to_shipment = "ready_to_shipment"
    in_transit = "in_transit"
    transferred = "transferred"
    out_of_stock = "out_of_stock"
    cancelled = "cancelled"


OPEN_TRANSFER = frozenset({TransferStatus.waiting, TransferStatus.ready_to_shipment, TransferStatus.in_transit})


class ShipmentStatus(StrEnum):
    """Spec 1.4."""

    created = "created"
    labelled = "labelled"
    shipped = "shipped"
    delivered = "delivered"
    attempted_delivery = "attempted_delivery"
    delivery_failed = "delivery_failed"
    cancelled = "cancelled"
    returned = "returned"


class OrderStatus(IntEnum):
    """Spec 1.5. Order items have the same values."""

    cancellation_waiting = 50
    cancelled = 100
    waiting = 200
    payment_waiting = 300
    confirmation_waiting = 350
    approved = 400
    inactive = 425
    preparing = 450
    shipped = 500
    shipped_and_informed = 510
    ready_for_pickup = 520
    attempted_delivery = 540
    review_started = 544
    review_waiting = 545
    delivered = 550
    refunded = 600


_OF_PACKAGE = {
    P.waiting_cargo_label: OrderStatus.preparing,
    P.packed: OrderStatus.preparing,
    P.ready_for_pickup: OrderStatus.ready_for_pickup,
    P.shipped: OrderStatus.shipped,
    P.delivery_failed: OrderStatus.shipped,
    P.attempted_delivery: OrderStatus.attempted_delivery,
    P.delivered: OrderStatus.delivered,
    P.packed_for_refund: OrderStatus.refunded,
    P.returned: OrderStatus.refunded,
    P.cancellation_waiting: OrderStatus.cancellation_waiting,
}


_OVER = frozenset({OrderStatus.cancelled, OrderStatus.refunded})


def item_status_in(package: PackageStatus) -> OrderStatus:
    """What the state of a package makes of the order items in it (spec 1.5)."""
    return _OF_PACKAGE.get(package, OrderStatus.approved)


def least_advanced(statuses: set[OrderStatus]) -> OrderStatus:
    """Of several packages or items: the least advanced; cancelled and refunded count only when all are."""
    if len(statuses) == 1:
        return next(iter(statuses))
    going = statuses - _OVER
    return min(going or statuses or {OrderStatus.approved})


TURKISH = {
    "PackageStatus": {
        50: "Transfer Bekliyor",
        100: "Bekliyor",
        150: "Uzak Sistem Bekleniyor",
        200: "Hazırlanıyor",
        300: "Bloke",
        400: "Paketlemeye Hazır",
        450: "Kargo Etiketi Bekleniyor",
        500: "Paketlendi",
        550: "Teslim Alınmaya Hazır",
        600: "Kargoya Verildi",
        700: "Teslimat Denendi",
        800: "Teslim Edilemedi",
        900: "Teslim Edildi",
        910: "Yeniden Planlanacak",
        920: "Stok Yok",
        930: "İptal Onayı Bekliyor",
        1000: "İptal Edildi",
        1100: "İade İçin Paketlendi",
        1200: "İade Edildi",
    },
    "OrderStatus": {
        50: "İptal Onayı Bekliyor",
        100: "İptal Edildi",
        200: "Bekliyor",
        300: "Ödeme Bekleniyor",
        350: "Onay Bekliyor",
        400: "Onaylandı",
        425: "Pasif",
        450: "Hazırlanıyor",
        500: "Kargoya Verildi",
        510: "Kargoya Verildi ve Bildirildi",
        520: "Teslim Alınmaya Hazır",
        540: "Teslimat Denendi",
        544: "İnceleme Başladı",
        545: "İnceleme Bekliyor",
        550: "Teslim Edildi",
        600: "İade Edildi",
    },
    "TransferStatus": {
        "waiting": "Bekliyor",
        "ready_to_shipment": "Sevke Hazır",
        "in_transit": "Yolda",
        "transferred": "Transfer Edildi",
        "out_of_stock": "Stok Yok",
        "cancelled": "İptal Edildi",
    },
    "ShipmentStatus": {
        "created": "Oluşturuldu",
        "labelled": "Etiketlendi",
        "shipped": "Kargoya Verildi",
        "delivered": "Teslim Edildi",
        "attempted_delivery": "Teslimat Denendi",
        "delivery_failed": "Teslim Edilemedi",
        "cancelled": "İptal Edildi",
        "returned": "İade Edildi",
    },
}
"""State names for `translations.tr-tr` (spec 7, State)."""
