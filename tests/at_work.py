"""A log, and processes that work on it as threads: what tests of rooms that follow the log begin from."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import psycopg

from eventlog.keyring import Keyring
from eventlog.log import EventLog
from tests.webhooks.lives import SECRET
from tests.webhooks.receiver import wait_for
from webhook_outbox.targets import Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True)
class Settings:
    """What senders and runners ask of an installation's."""

    secret_key: str | None = SECRET
    webhook_allow: tuple[Network, ...] = LOOPBACK


@dataclass
class AtWork:
    """`start` what is wanted; `close` fails where one of them failed, or does not stop."""

    log: EventLog
    keyring: Keyring
    connection: psycopg.Connection[Any]
    stop: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)
    failed: list[BaseException] = field(default_factory=list)

    def start(self, *runs: Callable[[Event], None]) -> None:
        for run in runs:
            thread = Thread(target=self._guarded, args=(run,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def has_seen(self, follower: str) -> None:
        """Until the follower has seen all there is."""
        head = self.log.head().position
        wait_for(lambda: self.log.positions().get(follower, 0) >= head)

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=20)
            assert not thread.is_alive(), "it does not stop"
        assert self.failed == []

    def _guarded(self, run: Callable[[Event], None]) -> None:
        try:
            run(self.stop)
        except BaseException as wrong:
            traceback.print_exception(wrong)
            self.failed.append(wrong)
