"""When an order was promised to come: its `delivery_range` as two times, however its channel writes it (spec 3.3)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from domain.order import Order
from projections.model import cut

_LOWER, _UPPER = ("lower", "from", "start"), ("upper", "to", "end")
_LAST = time.max

Promised = tuple[datetime | None, datetime | None]


def promised(order: Order) -> Promised:
    """(from, to) in UTC, never turned round; the same twice where only a beginning is told. Read are times and days
    under lower, from or start and upper, to or end, a day meaning all of it; and times of day beside a `date`. What
    cannot be read is None."""
    said = order.delivery_range
    if not said:
        return None, None
    day = _text(said, ("date",))
    lower = _moment(_text(said, _LOWER) or day, day, time.min)
    upper = _moment(_text(said, _UPPER) or day, day, _LAST)
    if lower is not None and (upper is None or upper < lower):
        return (lower, lower) if upper is None else (upper, lower)
    return lower, upper


def _text(said: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if isinstance(value := said.get(name), str)), None)


@lru_cache(maxsize=4096)
def _moment(text: str | None, day: str | None, otherwise: time) -> datetime | None:
    if text is None:
        return None
    try:
        if len(text) <= len("10:00:00"):
            if day is None:
                return None
            return datetime.combine(date.fromisoformat(day), time.fromisoformat(text), UTC)
        at = datetime.fromisoformat(text)
        if len(text) <= len("2026-11-23"):
            return datetime.combine(at.date(), otherwise, UTC)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return at if timedelta(0) < datetime.max.replace(tzinfo=UTC) - at else None
    except (ValueError, OverflowError):
        return None


def shipping_option(order: Order) -> str | None:
    """The slug of what the customer chose, as the channel told of it: a text, or an object with a `slug`."""
    said = order.extra.get("shipping_option")
    if isinstance(said, Mapping):
        said = said.get("slug")
    return cut(said) if isinstance(said, str) and "\0" not in said else None
