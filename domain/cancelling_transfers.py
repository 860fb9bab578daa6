"""Which goods of a package that waits for transfers need not come when pieces of it are cancelled (spec 1.6)."""

from collections import Counter
from collections.abc import Mapping

from domain.cancelling import FREE, CancelledItem, DetachedItem, TransferItemsCancelled, TransferItemsDetached
from domain.kernel import Facts, Given
from domain.order import Order
from domain.package import Package
from domain.states import OPEN_TRANSFER, TransferStatus
from domain.transfer import Transfer, TransferDetached


def stop_transfers(
    order: Order, package: Package, pieces: Mapping[int, int], given: Given, reason: str
) -> tuple[Facts, tuple[CancelledItem, ...], bool]:
    """The facts about transfers when `pieces` (per package item) leave the package; what it loses, with what of it was
    coming; and whether a transfer of it is still open. Goods that have not left their source stay there first, then
    those that are here, and only then what is on its way: that arrives as free stock."""
    opened = [t for t in order.transfers.values() if t.package == package.id and t.state in OPEN_TRANSFER]
    here = [t for t in opened if t.state is not TransferStatus.in_transit]
    under_way = [t for t in opened if t.state is TransferStatus.in_transit]
    taken: dict[int, Counter[int]] = {t.id: Counter() for t in opened}
    lost = []
    for item in package.items:
        wanted = left = pieces.get(item.id, 0)
        if not wanted:
            continue
        left -= _take(here, item.id, left, taken)
        left -= min(left, item.quantity - item.coming)
        left -= _take(under_way, item.id, left, taken)
        coming = sum(taken[t.id][i.id] for t in opened for i in t.items if i.package_item == item.id)
        lost.append(CancelledItem(item.id, wanted, coming))
    facts: Facts = []
    still_open = False
    for transfer in opened:
        cut = taken[transfer.id]
        kept = sum(i.quantity - cut[i.id] for i in transfer.items if i.package_item != FREE)
        still_open = still_open or kept > 0
        if cut:
            facts.append(_stopped(transfer, package, cut, kept == 0, given, reason))
    return facts, tuple(lost), still_open


def _take(transfers: list[Transfer], package_item: int, most: int, taken: dict[int, Counter[int]]) -> int:
    """Takes up to `most` pieces of the package item off these transfers; how many it were."""
    found = 0
    for transfer in transfers:
        for item in transfer.items:
            if item.package_item == package_item and (n := min(most - found, item.quantity)) > 0:
                taken[transfer.id][item.id] += n
                found += n
    return found


def _stopped(
    transfer: Transfer, package: Package, cut: Counter[int], emptied: bool, given: Given, reason: str
) -> TransferItemsCancelled | TransferDetached | TransferItemsDetached:
    if transfer.state is not TransferStatus.in_transit:
        items = tuple(cut.items())
        return TransferItemsCancelled(
            transfer=transfer.id, package=package.id, items=items, emptied=emptied, reason=reason
        )
    if emptied:
        return TransferDetached(transfer=transfer.id, package=package.id)
    return TransferItemsDetached(
        transfer=transfer.id,
        package=package.id,
        items=tuple(
            DetachedItem(i.id, cut[i.id], None if cut[i.id] == i.quantity else given.ids("transfer_item"))
            for i in transfer.items
            if cut[i.id]
        ),
    )
