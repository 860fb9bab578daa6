"""What `make run` shows, small and quick and in this process: the real set-up, every simulator with the arguments it is
started with, staff and customers. Each neighbour is talked to, the page says so, and nothing stays wrong."""

import importlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from api import showcase, showcase_neighbours
from api.installation import Place
from api.verifying import verified
from domain.kinds import stream_of
from simulators import program, staff
from simulators.staff_work import Tally
from tests.api.site import PASSWORD, SECRET, SETTINGS, Site, serving
from tests.console.visitor import visitor
from tests.stories.landscape import sending
from tests.webhooks.receiver import wait_for

ORDERS, LOCATIONS = 12, 8
LEFT = (
    "packages/?state__enum_value__in=50,100,200,400,450,500,550,910",
    "integrations/calls/?state=waiting",
    "integrations/calls/?state=failed",
    "/whisperer/hook_events/?state=pending",
    "/whisperer/hook_events/?state=dead",
)
"""Of the packages those that staff or customers have still something to do about."""


@dataclass
class Threads:
    """In place of the processes of `make run`: the same programs, with their arguments and secrets, as threads."""

    stack: ExitStack
    patch: pytest.MonkeyPatch
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        def serve(_: str, options: Any, build: Callable[[], Any]) -> None:
            self.stack.enter_context(program.serving(build(), options.host, options.port))
            self.ports[name] = options.port

        with self.patch.context() as patch:
            patch.setattr(program, "main", serve)
            patch.setattr(program, "until_stopped", threading.Event)
            patch.setattr(staff, "run", self._at_work)
            at = argv.index("--journal")  # these start once
            patch.setattr(sys, "argv", [*argv[1:at], *argv[at + 2 :]])
            patch.setattr(os, "environ", os.environ | dict(env))
            importlib.import_module(argv[1]).main()

    def _at_work(self, url: str, **options: Any) -> Tally:
        thread = threading.Thread(target=AT_WORK, args=(url,), kwargs=options)
        thread.start()
        self.stack.callback(thread.join, 15)
        self.stack.callback(options["stop"].set)
        return Tally()


AT_WORK = staff.run


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    with serving(database_url, planner=True, integrations=True) as site, ExitStack() as stack:
        stop = threading.Event()
        for run in sending(site, replace(SETTINGS, secret_key=SECRET)):
            thread = threading.Thread(target=run, args=(stop,))
            thread.start()
            stack.callback(thread.join, 15)
        stack.callback(stop.set)
        yield site


def test_every_simulator_is_talked_to_and_nothing_stays_wrong(
    site: Site, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"BARE": 3 * showcase.BARE, "PICKUP": 3 * showcase.PICKUP}  # of few orders
    for name, value in {"ORDERS": ORDERS, "AHEAD": 0, "LOCATIONS": LOCATIONS, **more}.items():
        monkeypatch.setattr(showcase, name, value)
    monkeypatch.setattr(showcase, "STAFF_PACE", ("--pause", "0.1", "--threads", "2"))
    monkeypatch.setattr(showcase_neighbours, "PACE", "0.5")
    place = Place(replace(SETTINGS, port=_free_ports(), data_dir=tmp_path), database_url, SECRET, PASSWORD)
    said: list[str] = []
    with ExitStack() as stack:
        threads = Threads(stack, monkeypatch)
        made = showcase.Showcase(site.url, place)
        made.start(threads)  # type: ignore[arg-type]  # what it needs of processes
        made.load(threading.Event(), said.append)
        assert f"{ORDERS} orders are in" in "".join(said)
        wait_for(lambda: all(site.log.state(stream_of("order", n)).state.packages for n in range(1, ORDERS + 1)), 60)
        wait_for(lambda: not _left(site), 60, lambda: _left(site))
        called = [row for row in _calls(site) if row["from"] == "daybook"]
        packages = site.admin.get("packages/?limit=100")["results"]
    by_port = {name: [row for row in called if f":{port}/" in row["place"]] for name, port in threads.ports.items()}
    assert sorted(showcase.ports_of(place.settings.port).values()) == sorted(threads.ports.values()), (
        "all are looked at"
    )
    assert [name for name, rows in by_port.items() if not rows] == []
    assert {row["outcome"] for row in called} == {"ok"}
    page = visitor(site).get("/console/traffic/").text
    assert [row["to"] for row in called if row["to"] not in page] == []
    fetched = [row for row in packages if row["order"]["is_click_and_collect"] and row["shipment"] is None]
    assert [row for row in fetched if row["state"]["enum_value"] == "900" and row["transfer_orders"]]
    found = verified(site.log)
    assert (found["violations"], found["chain"]) == ([], None)


def _free_ports() -> int:
    """The first of ten free ports, below those that the system gives to whoever asks for any."""
    for first in range(20_000 + os.getpid() % 1000 * 10, 32_000, 10):
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + 10):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise OSError("no ten ports are free")


def _calls(site: Site) -> Iterator[dict[str, Any]]:
    """All pages of who talked to whom."""
    path = "traffic/?limit=100"
    while path:
        page = site.admin.get(path)
        yield from page["results"]
        path = (page["next"] or "").partition("/api/v1/oms/")[2]


def _left(site: Site) -> str:
    """Where something is still to be done, or listed for people; "" where nothing is."""
    return next((path for path in LEFT if site.admin.get(f"{path}&limit=1")["count"]), "")
