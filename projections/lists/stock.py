"""`stock/`: what is known, reserved and available, from the guard rows themselves (spec 3.2)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg

from projections.filters import Filter, Settings, code, equal, of_type, one_of, whole, word
from projections.listing import List, Row
from projections.objects.person import Reveal
from projections.objects.wire import amount, moment


def _show(
    _connection: psycopg.Connection[Any], rows: Sequence[Row], settings: Settings, _reveal: Reveal
) -> list[dict[str, Any]]:
    shown = []
    for id, sku, known, reserved, asked_at in rows:
        location = settings.one("location", id)
        shown.append(
            {
                "stock_location": id,
                "erp_code": None if location is None else location.profile.erp_code,
                "sku": sku,
                "quantity": amount(known),
                "reserved": amount(Decimal(reserved)),
                "available": amount(known - reserved),
                "asked_at": moment(asked_at),
            }
        )
    return shown


STOCK = List(
    "stock",
    "availability",
    "t.location, t.sku, t.known, t.reserved, t.asked_at",
    {
        "sku": equal("t.sku", word),
        "sku__in": one_of("t.sku", word),
        "stock_location": equal("t.location"),
        "erp_code": equal("t.location", code),
        "erp_code__in": one_of("t.location", code),
        "stock_location_type": Filter("t.location = any(%s)", of_type),
        "available__lt": Filter("t.known - t.reserved < %s", whole),
    },
    _show,
    scope="t.location = any(%s)",
    sorts={"id": "t.location, t.sku"},
    sort="id",
    cursor=None,
)
