"""One try of one delivery over HTTP, and what came of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from requests import PreparedRequest, RequestException
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from domain.settings import Subscription
from eventlog.recorded import new_command_id
from webhook_outbox.dialing import CONNECT_SECONDS, Call, Dialer, Watchdog
from webhook_outbox.endpoint_secrets import Secrets
from webhook_outbox.schedule import retry_after
from webhook_outbox.signing import signature_headers

TOTAL_SECONDS = 15.0
ANSWER_BYTES = 16 * 1024
ANSWER_SECONDS = 2.0
"""How long an answer's body is waited for once its headers came: they already said what counts."""

MASK = "********"
USER_AGENT = "Daybook-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how the messages of one endpoint are sent, as of one version of its settings."""

    subscription: Subscription
    secrets: Secrets

    def headers(self, event_type: str, uuid: UUID, body: bytes, now: datetime) -> tuple[dict[str, str], frozenset[str]]:
        """All headers of a request, and the names of those whose values are secret."""
        own = self.secrets.additional_headers
        auth = self.secrets.headers()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Whisperer-Event": event_type,
            **signature_headers(self.secrets.signing(now), uuid.hex, int(now.timestamp()), body),
            **auth,
            **own,
            "Content-Length": str(len(body)),
        }
        return headers, frozenset(own) | frozenset(auth)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` None where there was no answer; then `error` says why. `answer`: at most ANSWER_BYTES of it."""

    id: UUID
    at: datetime
    seconds: float
    url: str
    headers: Mapping[str, str]
    address: str | None
    status: int | None
    error: str | None
    answer: bytes
    retry_after: float | None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def kind(self) -> str:
        """`2xx` … `5xx`, or `error`."""
        return "error" if self.status is None else f"{self.status // 100}xx"


class Courier:
    """Sends; safe to share by threads."""

    def __init__(self, dialer: Dialer, total: float = TOTAL_SECONDS, verify: bool | str = True) -> None:
        self._dialer, self._total, self._verify = dialer, total, verify
        self._watchdog = Watchdog()

    def close(self) -> None:
        self._watchdog.close()
        self._dialer.close()

    def send(
        self, target: Target, event_type: str, uuid: UUID, body: bytes, may_send: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """One POST; never raises for what a receiver or the network does. TooLate where `may_send` says no before the
        last byte is written: what was written then is no whole message."""
        at = datetime.now(UTC)
        headers, secret = target.headers(event_type, uuid, body, at)
        request = PreparedRequest()
        request.method, request.url, request.body = "POST", target.subscription.target_url, body
        request.headers = CaseInsensitiveDict(headers)
        request.hooks = {}
        begun = time.monotonic()
        call = Call(begun + self._total, may_send)
        status, error, after = None, None, None
        answer: list[bytes] = []
        self._dialer.calls.now = call
        self._watchdog.enter(call)
        try:
            response = self._dialer.send(
                request, stream=True, timeout=(CONNECT_SECONDS, self._total), verify=self._verify, proxies=None
            )
            status = response.status_code
            after = retry_after(status, response.headers.get("Retry-After"), at)
            call.deadline = min(call.deadline, time.monotonic() + ANSWER_SECONDS)
            _read(response.raw, answer)
        except (RequestException, HTTPError, OSError, ValueError) as wrong:
            if status is None:
                late = call.cut or time.monotonic() > call.deadline
                error = f"no answer within {self._total:g} s" if late else _sentence(wrong)
        finally:
            self._watchdog.leave(call)
            self._dialer.calls.now = None
        return Outcome(
            id=new_command_id(),
            at=at,
            seconds=time.monotonic() - begun,
            url=target.subscription.target_url,
            headers={name: MASK if name in secret else value for name, value in headers.items()},
            address=call.address,
            status=status,
            error=error,
            answer=b"".join(answer),
            retry_after=after,
        )


def _read(raw: Any, parts: list[bytes]) -> None:
    """Into `parts` the first ANSWER_BYTES as they came over the wire, not decompressed; what came before a failure
    stays. A longer answer costs its connection."""
    left = ANSWER_BYTES
    try:
        while left and (piece := raw.read1(left, decode_content=False)):
            parts.append(piece)
            left -= len(piece)
        if not left:
            raw.close()
    except (HTTPError, OSError, ValueError):
        raw.close()
        raise
    raw.release_conn()


def _sentence(wrong: BaseException) -> str:
    """The innermost reason, short, without addresses of objects in memory."""
    text = str(wrong)
    for marker in (": ", "> "):
        if " object at 0x" in text:
            text = text.partition(marker)[2] or type(wrong).__name__
    return text.strip("()'\" ")[:500] or type(wrong).__name__
