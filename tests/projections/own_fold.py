"""The log folded a second time, by nothing of ours: rows of the table as text and JSON, plain dicts, the words of spec
1.2 to 1.7. What it says of any object at any position is what the API must say."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

Thing = dict[str, Any]
Orders = dict[int, dict[str, dict[int, Thing]]]

TO: dict[str, int] = {
    "PackagePreparing": 200,
    "PackagePicked": 400,
    "PackagePickingReopened": 200,
    "PackageReservationsDeallocated": 200,
    "PackageRemoteActionCompleted": 100,
    "PackageLabelled": 500,
    "PackageShipped": 600,
    "PackageReadyForPickup": 550,
    "PackagePickedUp": 900,
    "PackageRefused": 910,
    "PackageNotFound": 920,
    "PackageUnpacked": 400,
    "PackagePackedForRefund": 1100,
    "PackageCancelled": 1000,
}
"""Fact → the state that the package has after it."""
SAID = {"PackagePacked", "PackageTransfersArrived", "ShipmentStatusUpdated", "PackageStateCorrected"}
"""Facts that say the package's state themselves."""
TRANSFER_TO = {
    "TransferMadeReady": "ready_to_shipment",
    "TransferDispatched": "in_transit",
    "TransferDelivered": "transferred",
    "TransferCancelled": "cancelled",
    "TransferOutOfStock": "out_of_stock",
}


def _born(things: dict[int, Thing], data: Thing, at: datetime) -> None:
    items = {id: {"line": line, "sku": sku, "quantity": n} for id, line, sku, n, *_ in data["items"]}
    things[data["package"]] = {
        "number": data["number"], "state": data["state"], "location": data["location"], "items": items,
        "transfers": [], "was": None, "created": at, "modified": at,
    }  # fmt: skip


def _less(package: Thing, rows: list[Any]) -> None:
    for id, n in rows:
        package["items"][id]["quantity"] -= n
        if not package["items"][id]["quantity"]:
            del package["items"][id]


def _cut(package: Thing, data: Thing) -> None:
    item = package["items"][data["item"]]
    item["quantity"] -= data["quantity"]
    package["items"][data["cut"]] = {**item, "quantity": data["quantity"]}


def _returned(package: Thing, data: Thing) -> None:
    for id, n, cut in data["items"]:
        if cut is not None:
            _cut(package, {"item": id, "quantity": n, "cut": cut})
    if data["whole"]:
        package["state"] = 1200


def _arrived(package: Thing, data: Thing) -> None:
    for _, id, _, sent, came in data["counted"]:
        if id in package["items"]:
            _less(package, [(id, sent - came)])


def _replanned(package: Thing, data: Thing) -> None:
    _less(package, data["moved"])
    package["state"] = 1000 if data["emptied"] else 920


def _blocked(package: Thing, _: Thing) -> None:
    package["was"], package["state"] = package["state"], 300


def _unblocked(package: Thing, _: Thing) -> None:
    package["was"], package["state"] = None, package["was"]


PACKAGE: dict[str, Callable[[Thing, Thing], None]] = {
    "PackageItemCut": _cut,
    "PackageReturned": _returned,
    "TransferDelivered": _arrived,
    "PackageLinesReplanned": _replanned,
    "PackageBlocked": _blocked,
    "PackageUnblocked": _unblocked,
    "PackageItemsMissing": lambda package, data: _less(package, data["items"]),
    "PackageItemsSetApart": lambda package, data: _less(package, data["items"]),
    "TransferLinesReleased": lambda package, data: _less(package, data["lines"]),
    "PackageItemReplaced": lambda package, data: package["items"][data["item"]].update(sku=data["sku"]),
    "TransferCreated": lambda package, data: package["transfers"].append(data["transfer"]),
}


def _package(topic: str, things: dict[int, Thing], data: Thing, at: datetime) -> None:
    if topic == "PackageCreated":
        return _born(things, data, at)
    package = things[data["package"]]
    package["modified"] = at
    if topic in TO:
        package["state"], package["was"] = TO[topic], None
    if topic in SAID:
        package["state"] = data["state"]
    if topic in PACKAGE:
        PACKAGE[topic](package, data)


def _transfer(topic: str, things: dict[int, Thing], data: Thing, at: datetime) -> None:
    if topic == "TransferCreated":
        things[data["transfer"]] = {
            "number": data["number"], "state": "waiting", "package": data["package"], "source": data["source"],
            "destination": data["destination"], "items": {i: {"sku": s, "quantity": n} for i, _, s, n in data["items"]},
            "created": at, "modified": at,
        }  # fmt: skip
        return
    transfer = things[data["transfer"]]
    transfer["modified"] = at
    transfer["state"] = TRANSFER_TO.get(topic, transfer["state"])
    if topic == "TransferDetached":
        transfer["package"] = None
    if topic == "TransferItemsNotFound":
        if data["emptied"]:
            transfer["state"] = "out_of_stock"
        else:
            _less(transfer, data["items"])


def _shipment(topic: str, things: dict[int, Thing], data: Thing, at: datetime) -> None:
    if topic == "ShipmentCreated":
        number = next((one["awb_number"] for one in data["parcels"] if one["awb_number"]), None)
        state = "labelled" if number else "created"
        things[data["shipment"]] = {"state": state, "number": number, "package": data["package"], "modified": at}
        return
    shipment = things[data["shipment"]]
    shipment["modified"] = at
    match topic:
        case "ShipmentInfoUpdated":
            shipment["number"] = data["awb_number"]
            if data["awb_number"] and shipment["state"] == "created":
                shipment["state"] = "labelled"
        case "ShipmentHandedOver":
            shipment["state"] = "shipped"
        case "ShipmentCancelled":
            shipment["state"] = "cancelled"
        case "ShipmentStatusUpdated":
            shipment["state"] = data["status"]
        case "ShipmentStateCorrected":
            shipment["state"] = data["state"]
        case "ShipmentReturned":
            shipment["state"] = "returned" if data["whole"] else shipment["state"]


KINDS = {"transfer": ("Transfer", _transfer), "shipment": ("Shipment", _shipment)}


def fold(rows: list[tuple[int, datetime, str, str, str]]) -> list[tuple[int, int, dict[str, dict[int, Thing]]]]:
    """(position, order, all of the order after it) for each row (position, at, stream, topic, data) of an order's
    stream."""
    orders: Orders = {}
    told = []
    for position, at, stream, topic, text in rows:
        if not stream.startswith("order-"):
            continue
        id, data = int(stream.removeprefix("order-")), json.loads(text)
        order = orders.setdefault(id, {"order": {}, "package": {}, "transfer": {}, "shipment": {}})
        if topic == "OrderReceived":
            order["order"][id] = {"number": data["number"], "created": at}
        order["order"][id]["modified"] = at
        for kind, (word, apply) in KINDS.items():
            if topic.startswith(word):
                apply(topic, order[kind], data, at)
        about_package = topic.startswith("Package") or topic in SAID or topic in PACKAGE
        inside = topic.startswith(("Transfer", "Shipment", "Discrepancy")) and topic not in ALONE
        if data.get("package") is not None and (about_package or inside):
            _package(topic, order["package"], data, at)
        told.append((position, id, deepcopy(order)))
    return told


ALONE = {"TransferMadeReady", "TransferDispatched", "TransferCarrierTold", "TransferStateCorrected"}
"""Facts about a transfer that leave its package as it was."""
