"""Examples of the facts of cancelling, amending and returning (see examples.py)."""

from decimal import Decimal
from typing import Any

from domain import amending, cancelling, returning, splitting
from domain.cancellation_plan import Answered, Asked
from domain.order import Destination, OrderItem
from domain.personal import Personal
from domain.states import OrderStatus

CANCELLING: tuple[Any, ...] = (
    cancelling.PackageItemsCancelled(
        package=10, items=(cancelling.CancelledItem(11, 2, 1),), emptied=True, goods_back=True, reason="changed mind"
    ),
    cancelling.OrderLinesCancelled(order=1, waiting=((3, 1),), held=((3, 2),), reason="changed mind"),
    cancelling.PackageCancellationRequested(package=10, items=((11, 2),), reason="changed mind"),
    cancelling.PackageCancellationDeclined(package=10, reason="sent already"),
    cancelling.PackageCancellationFailed(package=10, items=((11, 2),), reason="R1000001P1 is packed (500)"),
    cancelling.PackageRefundAccepted(package=10, items=((11, 2),), reason="too small"),
    cancelling.TransferItemsCancelled(
        transfer=20, package=10, items=((21, 1),), emptied=True, reason="changed mind"
    ),
    cancelling.TransferItemsDetached(
        transfer=20, package=10, items=(cancelling.DetachedItem(21, 1, 22),)
    ),
    cancelling.CancellationPlanAnswered(
        order=1, uuid="b94d27", pk="7", plan_type="cancel", asked=(Asked(3, 2, "changed mind", 4),),
        answered=(Answered(3, 2, True, 10, "waits for a decision", 4),),
    ),
    returning.PackageUnpacked(package=10, reason="wrong size"),
    returning.PackageReturned(
        package=10, items=(returning.ReturnedItem(11, 1, 12),), location=15, condition="damaged", whole=True
    ),
    returning.ShipmentReturned(shipment=30, package=10, whole=True),
    amending.OrderStatusChanged(order=1, status=OrderStatus.inactive),
    amending.OrderDetailsChanged(
        order=1, changed=("shipping_address", "notes"), personal=Personal("k1", "c2VhbGVk"),
        destination=Destination("United Kingdom", "York", "East", "Gate", 53.96, -1.08),
    ),
    amending.OrderItemsAdded(order=1, items=(OrderItem(4, "22423", 2, "CAKESTAND", price=Decimal("12.75")),)),
    amending.OrderItemsRaised(order=1, more=((3, 2),)),
    amending.OrderAmountsChanged(
        order=1, amounts=amending.Amounts(Decimal("31.15"), Decimal("0.60"), Decimal("4.95"))
    ),
    amending.OrderHeldLinesReleased(order=1, lines=((3, 2),)),
    splitting.OrderItemSplit(
        order=1, item=3,
        parts=(OrderItem(3, "22423", 1, discount_amount=Decimal("0.34")), OrderItem(5, "22423", 2, extra={"n": "6"})),
        waiting=((3, 1),), held=((5, 1),), cancelled=((5, 1),),
    ),
    splitting.PackageItemSplit(
        package=10, item=11,
        parts=(splitting.PackageItemPart(11, 3, 1, 0, 0, 1), splitting.PackageItemPart(12, 5, 2, 1, 1, 0)),
    ),
    splitting.TransferItemSplit(
        transfer=20, item=21, parts=(splitting.TransferItemPart(21, 11, 1), splitting.TransferItemPart(22, 12, 1))
    ),
)  # fmt: skip
