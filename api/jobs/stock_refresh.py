"""Stock services asked by the clock for what they have of everything that is kept."""

from contextlib import closing

from api.jobs.turn import JobFailed, Outcome, Turn
from integrations.stock_services import AskedServices
from integrations.traffic import Traffic
from scenarios import keeping
from scenarios.refreshing import refresh


def stock_refresh(turn: Turn) -> Outcome:
    """Counts of SKUs asked and levels that had changed; it has failed where a service did not answer."""
    keeping.prepare(turn.log)
    services = AskedServices(turn.settings.webhook_allow, turn.secret, Traffic(turn.log.listening))
    with closing(services), turn.log.listening() as connection:
        done = refresh(turn.log, connection, services, check=turn.check, correlation=turn.correlation)
    if done.reasons:
        said = "; ".join(f"{code}: {why}" for code, why in sorted(done.reasons.items())[:10])
        raise JobFailed(f"Of {len(done.reasons)} locations there is no answer ({said}); {done.levels} levels written.")
    return {"services": done.services, "SKUs": done.skus if done.services else 0, "levels changed": done.levels}
