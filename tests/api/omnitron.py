"""Speaks to a site as its order source does: in Omnitron's shapes, signed."""

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any

import requests

from simulators import signatures
from tests.api.site import Site

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBvcmRlciBzb3VyY2UgMQ=="
OLD = "a secret before it"
PATH = "order_source/webhook/"
_numbers = itertools.count(1)


class Source:
    """Speaks as the order source does."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def send(self, type: str, payload: Mapping[str, Any], uuid: str = "", **headers: str) -> requests.Response:
        uuid = uuid or f"event-{next(_numbers)}"
        body = json.dumps({"event": {"type": type, "uuid": uuid}, "payload": payload}).encode()
        now = str(int(time.time()))
        said = {"webhook_id": uuid, "webhook_timestamp": now}
        said["webhook_signature"] = signatures.standard(SECRET, uuid, now, body)
        return self.site.nobody("POST", PATH, body, **(headers or said))

    def told(self, type: str, payload: Mapping[str, Any], uuid: str = "") -> Any:
        answer = self.send(type, payload, uuid)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self, id: int) -> Any:
        return self.site.log.state(f"order-{id}").state

    def wanted(self, id: int) -> dict[str, int]:
        order = self.state(id)
        return {line.sku: line.quantity - order.cancelled.get(line.id, 0) for line in order.items}


def at(minute: int) -> str:
    return f"2026-11-23T10:{minute:02}:00Z"


def order(pk: int, minute: int, /, **fields: Any) -> dict[str, Any]:
    """As Omnitron says it: 6 A and 2 B, `minute`: as of when."""
    place = {"country": {"pk": 3, "name": "United Kingdom", "code": "gb"}, "city": {"pk": 9, "name": "Leeds"}}
    address = {"pk": 1, "line": "2 High St", **place, "latitude": "53.80", "longitude": "-1.55", "phone_number": "+44"}
    items = [
        {
            "pk": pk * 10 + n,
            "product": {"pk": n, "sku": sku, "name": "THING", "barcode": "87", "base_code": "T"},
            "quantity": quantity,
            "price": "2.55",
            "tax_rate": "20.00",
            "attributes": {"colour": "red"},
            "delivery_date": "tomorrow",
        }
        for n, (sku, quantity) in enumerate((("A", 6), ("B", 2)), start=1)
    ]
    return {
        "pk": pk,
        "number": f"S{pk}",
        "status": "400",
        "channel": {"pk": 77, "name": "web"},
        "customer": {"pk": 5, "email": f"{pk}@example.org", "first_name": "Ada", "last_name": "Byron"},
        "currency": {"value": "gbp", "label": "GBP"},
        "amount": "20.40",
        "shipping_address": address,
        "notes": "ring twice",
        "orderitem_set": items,
        "created_date": at(0),
        "modified_date": at(minute),
        "basket_id": 4711,
        **fields,
    }


def with_pieces(pk: int, minute: int, /, *quantities: int, **fields: Any) -> dict[str, Any]:
    said = order(pk, minute, **fields)
    for row, quantity in zip(said["orderitem_set"], quantities, strict=True):
        row["quantity"] = quantity
    return said


def connected(site: Site, **settings: Any) -> Source:
    """The site knows the source, the secret it signs with and the one before it."""
    secrets = [{"secret_key": SECRET}, {"secret_key": OLD}]
    value = {"urls": {"base_url": "https://source.example.org"}, "webhook_secrets": secrets, **settings}
    set_to(site, value)
    return Source(site)


def set_to(site: Site, value: Any) -> None:
    """The setting, be it new or not."""
    path, key = "settings/application_settings/", "OMNITRON_CLIENT_SETTINGS"
    for row in site.admin.get(f"{path}?key={key}")["results"]:
        answer = site.admin("PUT", f"{path}{row['id']}/", {"json_value": value})
        assert answer.status_code == 204, answer.text
        return
    site.admin.post(path, {"key": key, "json_value": value})
