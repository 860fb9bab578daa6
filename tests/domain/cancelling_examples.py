"""Examples of the facts of cancelling, amending and returning (see examples.py)."""

from typing import Any

from domain import cancelling
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
)  # fmt: skip
