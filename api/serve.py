"""`oms serve`: everything on this machine in the foreground, until Ctrl-C: database, API, workers, and the simulated
outside systems with a first month's orders where `OMS_SIMULATORS` is on."""

import logging
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import requests

from api.installation import OMS, Place, prepared
from api.listening import hindrance
from api.opening import initialise, opened
from api.processes import Processes, watched
from api.settings import Settings
from api.showcase import CLERK, Showcase

log_ = logging.getLogger("daybook.serve")

WORKERS = (("planner", "planner"), ("followers", "projector,webhooks,integrations,jobs"))
"""Two processes: planning computes, the followers mostly wait for the database."""


def saying(settings: Settings) -> Callable[[str], None]:
    """Lines for people on standard error; where programs read the log, lines of the log."""
    if settings.log_format == "text":
        return lambda text: print(text, file=sys.stderr, flush=True)
    return lambda text: log_.info("%s", text.strip())


def start(
    processes: Processes, place: Place, wait: Callable[[], bool], tell: Callable[[str], None] = lambda _: None
) -> str:
    """Starts API and workers; the address once it answers. `wait` says whether to go on waiting; `tell` is told the
    admin's password where it was made now."""
    settings = place.settings
    with opened(settings) as log:
        shown = settings.admin_password is None and settings.log_format == "text"  # JSON is read by machines, and kept
        if initialise(log, place) and shown:
            tell(f"the password of {settings.admin_user}, shown once: {place.admin_password}")
    url = settings.url
    processes.start("api", (*OMS, "api"), place.environment)
    for name, only in WORKERS:
        processes.start(name, (*OMS, "worker", "--only", only), place.environment)
    while wait():
        try:
            if requests.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return url
        except requests.RequestException:
            pass
        time.sleep(0.05)
    return url


def serve(settings: Settings) -> int:
    """Until SIGINT or SIGTERM; what dies meanwhile is started again."""
    say = saying(settings)
    if (why := hindrance(settings)) is not None:
        say(why)
        return 2
    stop = Event()

    def ask_to_stop(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    if settings.simulators:  # the simulated ERP is on this machine
        settings = replace(settings, webhook_allow=(*settings.webhook_allow, ip_network("127.0.0.0/8")))
    began = time.monotonic()
    processes = Processes()
    with prepared(settings, lambda text: say(f"… {text}")) as place, watched(processes):
        url = start(processes, place, lambda: not stop.is_set(), say)
        if not stop.is_set():
            _addresses(say, url, place, time.monotonic() - began)
            if settings.simulators:
                showcase = Showcase(url, place)
                showcase.start(processes)
                Thread(target=showcase.load, args=(stop, say), daemon=True, name="showcase").start()
            stop.wait()
        say("stopping")
    say("stopped; the data is kept")
    return 0


def _addresses(say: Callable[[str], None], url: str, place: Place, seconds: float) -> None:
    settings = place.settings
    say(f"Daybook answers after {seconds:.1f} s")
    say(f"  console         {url}/console/")
    say(f"  Instore         {url}/instore/")
    say(f"  traffic         {url}/console/traffic/")
    say(f"  API docs        {url}/docs")
    say(f"  OpenAPI         {url}/api/v1/oms/openapi.json")
    say(f"  health, metrics {url}/health/ready  {url}/metrics")
    if settings.admin_password is None:
        say(f"  user            {settings.admin_user}, password in {place.kept}")
    else:
        say(f"  user            {settings.admin_user}, password from OMS_ADMIN_PASSWORD")
    if settings.simulators:
        say(f"  user of Instore {CLERK}, password in {settings.data_dir.resolve() / f'{CLERK}-password'}")
    say("  Ctrl-C stops everything")
