"""Inquiries at stock services in the account of who talked to whom; the planner asks them (scenarios.inquiry)."""

from datetime import datetime
from urllib.parse import urlsplit

from integrations.outside import Attempt
from integrations.traffic import Traffic
from scenarios.engines import Heard
from scenarios.stock_service import Engine


def told_to(traffic: Traffic) -> Heard:
    """Keeps each inquiry, with all its calls, as one attempt."""

    def heard(engine: Engine, at: datetime, seconds: float, failed: str | None) -> None:
        parts = urlsplit(engine.url)
        host = f"{parts.hostname or ''}{':' + str(parts.port) if parts.port else ''}"
        outcome, place = "ok" if failed is None else "failed", f"{host}{parts.path}"[:300]
        traffic(
            Attempt(at, f"stock:{host}", "stock inquiry", None, "GET", place, None, round(seconds, 4), outcome, failed)
        )

    return heard
