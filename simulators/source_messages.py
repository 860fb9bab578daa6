"""Messages of a simulated order source: signed, tried again while they are refused, and on bad days lost, doubled, late
or never sent. One thread sends, so that they come in the order of what happened, but for those that are late."""

import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests

from simulators import signatures
from simulators.knobs import Panel
from simulators.neighbour import BadDays

TRIES, PAUSE = 20, 0.2
"""A message is given up after so many tries."""

Object = dict[str, Any]


@dataclass(frozen=True)
class SourceDays(BadDays):
    webhooks: bool = True  # off: nothing is sent, and nothing is made up for
    lost_rate: float = 0.0  # of messages that are never sent
    doubled_rate: float = 0.0  # of messages that are sent twice
    late_rate: float = 0.0  # of messages that come after the five that follow them
    bare_rate: float = 0.0  # of orders whose address has no coordinates
    pickup_rate: float = 0.0  # of orders that their customers fetch in a store


class Messages:
    def __init__(
        self, hook: str, secret: str, panel: Panel[SourceDays], seed: int, answered: Callable[[Object, Object], None]
    ) -> None:
        """`answered(message, answer)`: what the OMS answered with 200."""
        self.counts: Counter[str] = Counter()
        self._hook, self._secret, self._panel, self._answered = hook, secret, panel, answered
        self._random = random.Random(seed)
        self._due: deque[Object] = deque()
        self._late: list[tuple[int, Object]] = []
        self._sending = False
        self._wake = threading.Condition()
        threading.Thread(target=self._run, daemon=True, name="order source").start()

    def tell(self, type: str, payload: Object) -> None:
        uuid = str(UUID(int=self._random.getrandbits(128)))
        event = {"type": type, "uuid": uuid, "timestamp": payload["modified_date"]}
        days = self._panel.now
        if not self._hook or not days.webhooks:
            self.counts["unsent"] += 1
            return
        if self._panel.chance(days.lost_rate):
            self.counts["lost"] += 1
            return
        message = {"event": event, "payload": payload}
        with self._wake:
            if self._panel.chance(days.late_rate):
                self._late.append((5, message))
            else:
                self._due.append(message)
            if self._panel.chance(days.doubled_rate):
                self._late.append((2, message))
            self._wake.notify()

    @property
    def waiting(self) -> int:
        """Messages that are still to be sent. Late ones do not wait for ever: they come when nothing else is due."""
        with self._wake:
            return len(self._due) + len(self._late) + self._sending

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due and not self._late:
                    self._wake.wait()
                if not self._due:
                    self._wake.wait(0.2)
                message = self._next()
                self._sending = True
            try:
                self._send(message)
            finally:
                self._sending = False

    def _next(self) -> Object:
        self._late = [(left - 1, message) for left, message in self._late]
        ripe = [message for left, message in self._late if left < 0 or not self._due]
        if ripe:
            self._late = [row for row in self._late if row[1] is not ripe[0]]
            return ripe[0]
        return self._due.popleft()

    def _send(self, message: Object) -> None:
        body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
        for _ in range(TRIES):
            uuid, now = message["event"]["uuid"], str(int(time.time()))
            headers = {"Content-Type": "application/json", "webhook-id": uuid, "webhook-timestamp": now}
            headers["webhook-signature"] = signatures.standard(self._secret, uuid, now, body)
            headers["X-Omnitron-Signature"] = signatures.classic(self._secret, body)
            try:
                answer = requests.post(self._hook, data=body, headers=headers, timeout=10)
                said = answer.json()
            except (requests.RequestException, ValueError):
                self.counts["unanswered"] += 1
            else:
                if answer.status_code == 200:
                    self.counts["sent"] += 1
                    self._answered(message, said)
                    return
                self.counts[f"answered {answer.status_code}"] += 1
                if not self._panel.now.webhooks or answer.status_code == 400:
                    break
            time.sleep(PAUSE)
        self.counts["given up"] += 1
