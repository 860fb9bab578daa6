"""Which state may follow which: the commands as declared, and the rows that no command's `target` says (spec 1.6)."""

from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Any

from domain import declared
from domain.kernel import COMMANDS
from domain.states import PackageStatus, ShipmentStatus, TransferStatus

__all__ = ["BORN", "declared", "transitions"]

P, T, H = PackageStatus, TransferStatus, ShipmentStatus
_ON_THE_WAY = (P.shipped, P.attempted_delivery, P.delivery_failed)
_REPORTED = (P.attempted_delivery, P.delivery_failed, P.delivered)
_STOPPABLE = (P.waiting, P.waiting_remote_action, P.preparing, P.ready_for_packaging)
_CANCELLABLE = (P.waiting_for_transfer, *_STOPPABLE, P.blocked)

_ROWS: dict[str, list[tuple[Iterable[Any], Iterable[Any]]]] = {
    "package": [
        ((P.waiting, P.preparing, P.ready_for_packaging), (P.waiting_cargo_label,)),  # C2, a label is required
        ((P.blocked,), _STOPPABLE),  # C10
        (_ON_THE_WAY, _REPORTED),  # C21, A6
        ((P.needs_rescheduling,), (P.out_of_stock, P.cancelled)),  # A2
        ((P.out_of_stock,), (P.cancelled,)),  # A2
        ((P.waiting_for_transfer,), (P.waiting, P.waiting_remote_action, P.cancelled)),  # A3, and nothing came
        ((P.waiting_cargo_label,), (P.packed,)),  # A4
        (_CANCELLABLE, (P.cancellation_waiting, P.cancelled)),  # A5
        ((P.cancellation_waiting,), _CANCELLABLE),  # C31
        ((P.packed,), (P.shipped,)),  # A6
        ((P.waiting,), (P.needs_rescheduling,)),  # A7
        ((P.ready_for_pickup, *_ON_THE_WAY, P.delivered), (P.returned,)),  # C29
    ],
    "transfer": [((T.waiting, T.ready_to_shipment), (T.cancelled,))],  # C26 of its package
    "shipment": [
        ((H.created,), (H.labelled,)),
        ((H.created, H.labelled), (H.shipped, H.cancelled, H.returned)),
        ((H.shipped,), (H.cancelled,)),  # C28, handed over to the place of pickup
        (
            (H.shipped, H.attempted_delivery, H.delivery_failed),
            (H.delivered, H.attempted_delivery, H.delivery_failed, H.returned),
        ),
        ((H.delivered,), (H.returned,)),
    ],
}

BORN: dict[str, frozenset[Any]] = {
    "package": frozenset({P.waiting_for_transfer, P.waiting, P.waiting_remote_action, P.out_of_stock}),
    "transfer": frozenset({T.waiting}),
    "shipment": frozenset({H.created, H.labelled}),
}
"""The states in which things begin (A1 for packages)."""


@cache
def transitions(kind: str) -> frozenset[tuple[Any, Any]]:
    """(state before, state after) of every row for a package, transfer or shipment."""
    declared = {(s, c.target) for c in COMMANDS.values() if c.object == kind and c.target for s in c.source}
    automatic = {pair for sources, targets in _ROWS[kind] for pair in product(sources, targets)}
    return frozenset(declared | automatic)
