"""How values look in JSON (spec 7): times as RFC 3339 in UTC, decimals as strings."""

from datetime import UTC, datetime
from decimal import Decimal


def moment(at: datetime | None) -> str | None:
    """`2026-11-23T10:00:00Z`; a time of another zone is told in UTC."""
    if at is None:
        return None
    text = at.isoformat()
    return (text if text.endswith("+00:00") else at.astimezone(UTC).isoformat())[:-6] + "Z"


def amount(value: Decimal) -> str:
    """All digits, never an exponent."""
    return format(value, "f")
