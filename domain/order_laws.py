"""What the laws of spec 1.8 ask of one order: its lines, its reservations, its transfers."""

from collections import Counter
from collections.abc import Iterator

from domain.order import Order
from domain.reservations import Row
from domain.states import OPEN_TRANSFER, RESERVES, PackageStatus, TransferStatus


def unconserved(order: Order) -> Iterator[str]:
    """Law 1: the lines whose pieces are not each in exactly one place, in words."""
    pieces: Counter[int] = Counter(order.waiting)
    pieces.update(order.held)
    pieces.update(order.cancelled)
    for package in order.packages.values():
        if package.state is not PackageStatus.cancelled:
            for item in package.items:
                pieces[item.item] += item.quantity
                if not 0 <= item.coming <= item.quantity or item.quantity < 1:
                    yield f"item {item.id} of {package.number} has {item.quantity} pieces, {item.coming} coming"
    for line in order.items:
        if (found := pieces.pop(line.id, 0)) != line.quantity:
            yield f"line {line.id} of order {order.number} has {line.quantity} pieces, {found} are somewhere"
    for lines in (order.waiting, order.held, order.cancelled):
        for id, quantity in lines.items():
            if quantity < 1:
                yield f"{quantity} pieces of line {id} of order {order.number} wait, are held or cancelled"
    if pieces:
        yield f"order {order.number} has pieces of lines it does not have: {dict(pieces)}"


def transfers_amiss(order: Order) -> Iterator[str]:
    """Law 5: packages in 50 without an open transfer, packages in 100 with one."""
    opened = {t.package for t in order.transfers.values() if t.state in OPEN_TRANSFER}
    for package in order.packages.values():
        if package.state is PackageStatus.waiting_for_transfer and package.id not in opened:
            yield f"{package.number} waits for a transfer and has none open"
        elif package.state is PackageStatus.waiting and package.id in opened:
            yield f"{package.number} is waiting (100) and has an open transfer"


def reserving(order: Order) -> Counter[Row]:
    """Law 3: the lines that hold a reservation, told from the transfers rather than from what packages say of them."""
    rows: Counter[Row] = Counter()
    coming: Counter[int] = Counter()
    for transfer in order.transfers.values():
        if transfer.state in OPEN_TRANSFER:
            for line in transfer.items:
                if transfer.package is not None:
                    coming[line.package_item] += line.quantity
                if transfer.state is not TransferStatus.in_transit:
                    rows[transfer.source, line.sku] += line.quantity
    for package in order.packages.values():
        if package.standing in RESERVES and not package.goods_out:
            for item in package.items:
                rows[package.location, item.sku] += item.quantity - coming[item.id]
    return rows
