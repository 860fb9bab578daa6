"""The rows of a list as objects: each is shown from the folded order it belongs to."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from domain.order import Order
from projections.fetching import fetch
from projections.filters import Settings
from projections.listing import Row, Show
from projections.objects import render
from projections.objects.person import Reveal
from projections.order_json import decode_order

STATES = "select id, state from order_states where id = any(%s)"


def orders_of(connection: psycopg.Connection[Any], ids: Sequence[int]) -> dict[int, Order]:
    return {id: decode_order(state) for id, state in fetch(connection, STATES, (list(set(ids)),))}


def objects(kind: str) -> Show:
    """For rows that begin with (id, order id)."""

    def show(
        connection: psycopg.Connection[Any], rows: Sequence[Row], settings: Settings, reveal: Reveal
    ) -> list[dict[str, Any]]:
        orders = orders_of(connection, [row[1] for row in rows])
        opened = _remembering(reveal)
        shown = (render(kind, row[0], orders.get(row[1]), settings, opened) for row in rows)
        return [one for one in shown if one is not None]

    return show


def _remembering(reveal: Reveal) -> Callable[[Any], Any]:
    """Several rows of one order open its values once."""
    known: dict[Any, Any] = {}

    def opened(personal: Any) -> Any:
        if personal not in known:
            known[personal] = reveal(personal)
        return known[personal]

    return opened
