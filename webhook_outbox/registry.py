"""Every event name with a sentence and what its payload is (`/whisperer/hooks/registry/`); the codes of refusals."""

from typing import Any

from domain.declared import messages
from webhook_outbox.matching import names_match

SCHEMAS = {
    "order": "Order",
    "package": "Package",
    "transfer": "TransferOrder",
    "shipment": "Shipment",
    "stock_location": "StockLocation",
    "discrepancy": "InventoryDiscrepancy",
    "webhook": "Webhook",
}
"""First word of a name → the object of spec 7 that is its payload."""


class WebhookError(Exception):
    """A refusal of the webhook paths: answered with 406 and `{code, en, tr}`."""

    def __init__(self, code: str, en: str, tr: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.en, self.tr = code, en, tr

    def body(self) -> dict[str, str]:
        return {"code": self.code, "en": self.en, "tr": self.tr}


def webhook_not_found() -> WebhookError:
    return WebhookError("webhook_100_1", "There is no such webhook.", "Böyle bir webhook yok.")


def webhook_exists(id: int) -> WebhookError:
    return WebhookError(
        "webhook_100_2",
        f"Webhook {id} has the same user, URL and event.",
        f"{id} numaralı webhook aynı kullanıcı, adres ve olay için zaten var.",
    )


def event_not_found() -> WebhookError:
    return WebhookError("event_100_1", "There is no such event.", "Böyle bir olay yok.")


def unknown_event_type(name: str) -> WebhookError:
    return WebhookError("event_100_2", f"No event is named {name}.", f"{name} adında bir olay yok.")


def already_delivered() -> WebhookError:
    return WebhookError("event_100_3", "It was delivered already.", "Zaten teslim edildi.")


def wrongly_configured(en: str, tr: str) -> WebhookError:
    return WebhookError("event_100_4", en, tr)


def still_retried() -> WebhookError:
    return WebhookError(
        "event_100_6", "It is still being retried; force sends it now.", "Hâlâ yeniden deneniyor; force ile gönderilir."
    )


def registry() -> list[dict[str, Any]]:
    """`[{event_type, description, kind, payload_schema}]`; the schema by its name in openapi.json."""
    return [
        {
            "event_type": name,
            "description": sentence,
            "kind": (first := name.partition(".")[0]),
            "payload_schema": {"$ref": f"#/components/schemas/{SCHEMAS[first]}"},
        }
        for name, sentence in sorted(messages.catalogue().items())
    ]


def is_known(event_type: str) -> bool:
    """A name of the catalogue, or a prefix with `*` that some name has."""
    star = event_type.find("*")
    if star not in (-1, len(event_type) - 1):
        return False
    return any(names_match(event_type, name) for name in messages.catalogue())
