"""The order source asked by the clock for what its messages did not tell."""

from collections.abc import Mapping
from typing import Any

from api.jobs.turn import JobFailed, Outcome, Turn
from integrations.order_source.pulling import TooMuchRefused
from integrations.trouble import Trouble


def order_pull(turn: Turn) -> Outcome:
    """Orders, cancellation plans and stores that are new or have changed, from where the last run ended."""
    from api.http import seller_center
    from api.http.app import services_of  # all routes come with it, which other jobs need not wait for
    from api.http.source_pull import pull_all

    def keep(memory: Mapping[str, Any]) -> None:
        turn.check()
        turn.remember(memory)

    services = services_of(turn.log, turn.settings, turn.settings.secret_key or "")
    try:
        seller_center.follow(services)
        pulled = pull_all(services, turn.memory, keep, turn.correlation)
    except (Trouble, TooMuchRefused) as trouble:
        raise JobFailed(f"The order source could not be asked for all: {trouble}.") from trouble
    finally:
        services.close()
    if pulled is None:
        return {"connected": "no"}
    return {f"{what} {endpoint}": n for what in ("asked", "news") for endpoint, n in getattr(pulled, what).items()}
