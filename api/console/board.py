"""The movements board: per location how many packages and transfers stand in which state (spec 3.2, 6.4)."""

from typing import Any

from flask import Response

from api.console.frame import NAVIGATION, Link, Visit, page
from api.console.states import PACKAGE_NAMES
from domain.states import PackageStatus, TransferStatus

NAVIGATION.append(Link("Board", "/console/board/", "reports/package-location-movements/", 35))

P = PackageStatus
_OVER = frozenset(str(int(one)) for one in (P.delivered, P.cancelled, P.packed_for_refund, P.returned))


@page("/console/board/")
def board(visit: Visit) -> Response:
    """What is over is left out, unless `all` is asked for."""
    whole = visit.query.get("all") == "1"
    packages = visit.api.every("reports/package-location-movements/")
    transfers = {row["id"]: row for row in visit.api.every("reports/transfer-location-movements/")}
    shown = [value for value in PACKAGE_NAMES if whole or value not in _OVER]
    shown = [value for value in shown if any(row["states"].get(value) for row in packages)]
    rows = [
        {**row, "sum": sum(row["states"].get(value, 0) for value in shown), **_transfers(transfers.get(row["id"]))}
        for row in packages
    ]
    rows = [row for row in rows if row["sum"] or row["sends"] or row["gets"]]
    rows.sort(key=lambda row: (-row["sum"], row["erp_code"]))
    totals = {value: sum(row["states"].get(value, 0) for row in rows) for value in shown}
    return visit.show("board.html", rows=rows, shown=shown, names=PACKAGE_NAMES, totals=totals, whole=whole)


def _transfers(row: dict[str, Any] | None) -> dict[str, int]:
    """Transfers under way: those it is to send, and those that come to it."""
    if row is None:
        return {"sends": 0, "gets": 0}
    to_send = sum(row["states"].get(str(one), 0) for one in (TransferStatus.waiting, TransferStatus.ready_to_shipment))
    return {"sends": to_send, "gets": row["incoming"].get(str(TransferStatus.in_transit), 0)}
