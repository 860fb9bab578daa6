"""The customers who fetch their orders: each reads the text messages that came to their own number, goes to the shop
when they find the time, and says the code there. Some say it wrongly at first."""

import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from simulators.staff_choices import Luck
from simulators.staff_client import Client, Unanswered

CODE = re.compile(r"\b\d{4,10}\b")


class Customers:
    """`inbox_url`: the simulated provider of text messages; `mistake`: which part says a wrong code first; `errand`:
    seconds from when a customer may have read the message until they stand in the shop."""

    def __init__(
        self,
        inbox_url: str,
        seed: int = 0,
        mistake: float = 0.0,
        errand: float = 0.0,
        stop: threading.Event | None = None,
    ) -> None:
        # Whoever holds a telephone reads it without a log in.
        self._inbox = Client(inbox_url, token="-", patience=2.0, stop=stop)  # noqa: S106
        self._seed, self._mistake, self._errand = seed, mistake, errand
        self._told: dict[str, float] = {}

    def says(self, package: Mapping[str, Any], refused: int) -> str | None:
        """What the customer of a package, as the list shows it, says after so many codes were refused: all they were
        sent for the order, the oldest first. None: no message has come, nobody is here, or they know no other."""
        codes = self._codes(package)
        if not codes:
            return None
        since = self._told.setdefault(package["number"], time.monotonic())
        if time.monotonic() - since < self._errand:
            return None
        if Luck(self._seed, package["number"], "550").draw("mistake") < self._mistake:
            codes.insert(0, misheard(codes[0]))
        return codes[refused] if refused < len(codes) else None

    def _codes(self, package: Mapping[str, Any]) -> list[str]:
        phone, number = package["order"]["customer"]["phone_number"], package["order_number"]
        try:
            messages = self._inbox.get("/admin/messages", to=phone)["results"]
        except Unanswered:
            return []
        texts = [message["text"] for message in messages if number in message["text"].split()]
        return [CODE.findall(text)[-1] for text in texts]


def misheard(code: str) -> str:
    return f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
