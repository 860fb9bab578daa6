"""Examples of the facts of cancelling, amending and returning (see examples.py)."""

from typing import Any

from domain import cancelling, returning
from domain.cancellation_plan import Answered, Asked

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
)  # fmt: skip
