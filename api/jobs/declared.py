"""Every job there is: one line each. What it does stands in the room that knows it."""

from api.jobs import housekeeping, neighbours, rerouting
from api.jobs.order_pull import order_pull
from api.jobs.pickup_codes import pickup_codes
from api.jobs.schedule import daily, every
from api.jobs.stock_refresh import stock_refresh
from api.jobs.turn import Job
from api.setup import work
from api.simulations import work as simulations

JOBS: tuple[Job, ...] = (
    Job(
        "replan",
        "Plans again what waits for stock, quota or a location (910, 920).",
        housekeeping.replan,
        every(minutes=30),
    ),
    Job(
        "auto-reroute",
        "Takes packages elsewhere that their location does not begin in time (`auto_reroute_after`).",
        rerouting.reroute,
        every(minutes=1),
    ),
    Job(work.JOB, "Does what set-up steps and imports of files asked for.", work.work, every(minutes=5)),
    Job(
        simulations.JOB,
        "Replays the periods that scenarios are to be tried on.",
        simulations.work,
        every(minutes=5),
    ),
    Job("stock-refresh", "Asks the stock services for what is kept.", stock_refresh, every(minutes=15)),
    Job("retention", "Lets go of what was kept long enough.", housekeeping.retention, every(hours=1)),
    Job("log-verification", "Compares the whole log with its hash chain.", housekeeping.log_verification, daily(3, 17)),
    Job("order-pull", "Asks the order source for what its messages did not tell.", order_pull, every(minutes=5)),
    Job(
        "carrier-status",
        "Asks each carrier how its parcels are.",
        neighbours.carrier_status,
        every(minutes=15),
    ),
    Job("breaker-probes", "Tries other systems that are down.", neighbours.breaker_probes, every(minutes=1)),
    Job("pickup-codes", "Lets go of one-time passwords that have expired.", pickup_codes, every(hours=1)),
    Job("old-calls", "Lets go of old requests to other systems.", neighbours.old_calls, every(hours=6)),
    Job("upkeep", "Makes partitions ahead of their time.", housekeeping.upkeep, every(hours=6)),
)
"""A name, a sentence, `run(turn) -> outcome`, and when: `every(minutes=10)` or `daily(hour, minute)` in UTC. A name
stays: an installation's settings and runs are kept under it."""
