"""What of the API's objects the page keeps: what a clerk needs, small enough to keep a shop's work in a browser."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.kernel import COMMANDS

Object = Mapping[str, Any]


def package(of: Object) -> dict[str, Any]:
    """Of a package (spec 7). `commands`: ids of the transitions that its state allows; `pickup`: the code of the shop
    where the customer collects it."""
    order, shipment = of["order"], of["shipment"]
    customer = order["customer"] or {}
    return {
        "kind": "package",
        "id": of["id"],
        "number": of["number"],
        "state": of["state"]["enum_value"],
        "commands": [one["transition"] for one in of["commands"]],
        "location": _place(of["stock_location"]),
        "placed": of["date_placed"],
        "customer": " ".join(filter(None, (customer.get("first_name"), customer.get("last_name")))),
        "city": of["city"],
        "notes": of["order_notes"],
        "collected": order["is_click_and_collect"],
        "pickup": (order["retail_store"] or {}).get("erp_code"),
        "items": [_item(one, one["product"]) for one in of["packageitem_set"]],
        "shipment": shipment
        and {
            "id": shipment["id"],
            "carrier": (shipment["cargo_company"] or {}).get("name"),
            "awb": shipment["awb_number"],
            "label": shipment["label"] is not None,
        },
        "transfers": of["transfer_orders"],
    }


def transfer(of: Object) -> dict[str, Any]:
    """Of a transfer order (spec 7)."""
    return {
        "kind": "transfer",
        "id": of["id"],
        "number": of["number"],
        "state": of["state"]["enum_value"],
        "commands": [one["transition"] for one in of["commands"]],
        "source": _place(of["source"]),
        "destination": _place(of["destination"]),
        "package": of["package"],
        "package_number": of["package_number"],
        "placed": of["created_date"],
        "after": of["after"],
        "items": [
            {**_item(one, one["product"]), "sku": one["stock_code"], "arrived": one["arrived"]}
            for one in of["transferitem_set"]
        ],
    }


SHOWN = {"package": package, "transfer": transfer}
PATHS = {"package": "packages", "transfer": "transfer_orders"}


def _item(of: Object, product: Object) -> dict[str, Any]:
    said = product["attributes"]
    plain = [str(one) for one in said.values() if isinstance(one, str | int)] if isinstance(said, dict) else []
    return {
        "id": of["id"],
        "sku": product["sku"],
        "name": product["name"] or product["sku"],
        "barcode": product["barcode"],
        "quantity": of["quantity"],
        "looks": ", ".join(plain)[:100],
    }


def _place(of: Object | None) -> dict[str, Any] | None:
    return None if of is None else {"id": of["id"], "code": of["erp_code"], "name": of["name"]}


def place(of: Object) -> dict[str, Any]:
    """Of a stock location."""
    return {"id": of["id"], "code": of["erp_code"], "name": of["name"]}


def commands(transitions: Iterable[Object]) -> list[dict[str, Any]]:
    """Of `transitions/`. `known`: the slug as declared, for which the page has words; `slug`: our own name of it."""
    return [
        {
            "id": one["id"],
            "slug": one["slug"],
            "known": one["slug"] if (one["object"], one["slug"]) in COMMANDS else one["aliases"][-1],
            "name": one["name"],
            "object": one["object"],
            "from": one["source_states"],
            "to": one["target_state"],
            "input": one["input_schema"],
        }
        for one in transitions
        if one["is_active"]
    ]


def states(rows: Iterable[Object]) -> list[dict[str, Any]]:
    """Of `states/`: names by language."""
    return [
        {
            "of": one["content_type"],
            "value": one["enum_value"],
            "en": one["translations"]["en-us"]["name"],
            "tr": one["translations"]["tr-tr"]["name"],
        }
        for one in rows
    ]
