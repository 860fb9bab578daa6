"""`oms replay`: a whole installation as of a position, in a database of its own, to look around in; nothing is sent
(spec 6.3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from api.http.users import install
from eventlog.log import EventLog
from eventlog.replay import replay
from integrations.following import FOLLOWER as INTEGRATIONS
from integrations.tables import prepare as prepare_integrations
from projections.objects.person import Reveal, Warm
from projections.projector import Projector
from projections.schema import FOLLOWER
from projections.schema import install as install_projections
from scenarios.keeping import prepare as prepare_planner
from webhook_outbox.fan_out import FOLLOWER as FAN_OUT
from webhook_outbox.tables import prepare as prepare_webhooks

BESIDE = ("passwords", "plan_frames", "plan_inputs")
"""So that people can log in, and plans can be explained."""

# Whoever starts workers there by mistake finds nothing to send or call of what was replayed.
SEEN = """
insert into followers (application_name, notification_id, epoch) values (%s, %s, 1)
on conflict (application_name) do update set notification_id = excluded.notification_id
"""


def replay_installation(
    source: EventLog,
    into_url: str,
    until: int,
    reveal: Reveal,
    warm: Warm | None = None,
    progress: Callable[[int, int], None] = lambda _done, _todo: None,
) -> int:
    """The log up to `until`, guards, read models; gives the last position. `reveal`, `warm`: of the keyring."""
    target = EventLog.open(into_url)
    try:
        install(target)
        prepare_planner(target)
        prepare_webhooks(target)
        prepare_integrations(target)
        last = replay(source.direct_url, into_url, until, BESIDE)
        with target.listening() as connection:
            for follower in (FAN_OUT, INTEGRATIONS):
                connection.execute(SEEN, (follower, last))
        _project(target, last, Projector(target, reveal, warm), progress)
    finally:
        target.close()
    return last


def _project(target: EventLog, last: int, projector: Projector, progress: Callable[[int, int], None]) -> None:
    install_projections(target)
    stop = Event()
    with ThreadPoolExecutor(1, "replay") as pool:
        running = pool.submit(projector.run, stop)
        while not running.done() and not target.wait_for([FOLLOWER], last, 0.5):
            progress(target.positions().get(FOLLOWER, 0), last)
        progress(last, last)
        stop.set()
        running.result()
