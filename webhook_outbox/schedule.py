"""When a failed delivery is tried again (spec 4.1, 4.4)."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from domain.kernel import invalid

STANDARD = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds before each retry of the Standard Webhooks schedule: about 75 hours."""

JITTER = 0.1
"""By how much of itself a pause of the standard schedule is lengthened at most."""

RETRIES = 18
"""Retries with a `retry_countdown_config`: n = 0…17."""

LONGEST = 366 * 24 * 3600.0
"""Seconds; what a configuration computes beyond is cut to it, for no calendar holds 10^17 seconds."""

MOST_RETRY_AFTER = 24 * 3600.0

Uniform = Callable[[float, float], float]

_NEEDS = {
    "fixed": (("seconds",), ()),
    "linear": (("base",), ("limit",)),
    "exponential": (("base",), ("limit",)),
    "random": (("min_value", "max_value"), ()),
}


def pause(config: Mapping[str, Any] | None, n: int, uniform: Uniform = random.uniform) -> float | None:
    """Seconds from a failed try to retry number `n` (from 0); None when there are no more: a dead letter."""
    if config is None:
        return None if n >= len(STANDARD) else STANDARD[n] + uniform(0, JITTER * STANDARD[n])
    return None if n >= RETRIES else min(_countdown(config["choice"], config["kwargs"], n, uniform), LONGEST)


def _countdown(choice: str, kwargs: Mapping[str, Any], n: int, uniform: Uniform) -> float:
    if choice == "fixed":
        return float(kwargs["seconds"])
    if choice == "random":
        return uniform(float(kwargs["min_value"]), float(kwargs["max_value"]))
    base = float(kwargs["base"])
    limit = kwargs.get("limit")
    most = LONGEST if limit is None else float(limit)
    return min(base * n if choice == "linear" else _power(base, n), most)


def _power(base: float, n: int) -> float:
    try:
        return float(base**n)
    except OverflowError:
        return LONGEST


def check(config: Any) -> Mapping[str, Any] | None:
    """A `retry_countdown_config` as it may be kept; raises the refusal that names what is wrong."""
    if config is None or config == {}:
        return None
    if not isinstance(config, Mapping) or config.get("choice") not in list(_NEEDS):
        raise invalid(retry_countdown_config=f"choice is one of {', '.join(_NEEDS)}.")
    choice, kwargs = config["choice"], config.get("kwargs", {})
    needed, more = _NEEDS[choice]
    if not isinstance(kwargs, Mapping) or not set(needed) <= set(kwargs) or not set(kwargs) <= {*needed, *more}:
        raise invalid(retry_countdown_config=f"kwargs of {choice}: {', '.join((*needed, *(f'{m}?' for m in more)))}.")
    for name, value in kwargs.items():
        if name in more and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
            raise invalid(retry_countdown_config=f"{name} is a number from 0 up.")
    if choice == "random" and kwargs["min_value"] > kwargs["max_value"]:
        raise invalid(retry_countdown_config="min_value is at most max_value.")
    return {"choice": choice, "kwargs": dict(kwargs)}


def retry_after(status: int | None, header: str | None, now: datetime) -> float | None:
    """Seconds a 429 or 503 asks us to wait (seconds or a date), at most a day; None where it asks nothing."""
    if status not in (429, 503) or header is None:
        return None
    text = header.strip()
    if text.isdecimal():
        seconds = float(text[:9])
    else:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(seconds, MOST_RETRY_AFTER) if seconds > 0 else None
