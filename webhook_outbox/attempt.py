"""One try of one delivery over HTTP, and what came of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from uuid import UUID

from domain.settings import Subscription
from eventlog.recorded import new_command_id
from webhook_outbox.dialing import Call, Dialer
from webhook_outbox.endpoint_secrets import Secrets
from webhook_outbox.endpoint_tokens import NoToken, Tokens
from webhook_outbox.schedule import retry_after
from webhook_outbox.signing import signature_headers
from webhook_outbox.targets import Forbidden, Unresolved

TOTAL_SECONDS = 15.0
MASK = "********"
USER_AGENT = "Daybook-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how the messages of one endpoint are sent, as of one version of its settings."""

    subscription: Subscription
    secrets: Secrets

    def headers(
        self, event_type: str, uuid: UUID, body: bytes, now: datetime, token: str | None = None
    ) -> dict[str, str]:
        """All headers of a request but Host; the subscription's own are merged last. `token`: a fetched
        Authorization."""
        own, auth = self.secrets.additional_headers, self.secrets.headers()
        if token is not None:
            auth = {"Authorization": token}
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Whisperer-Event": event_type,
            **signature_headers(self.secrets.signing(now), uuid.hex, int(now.timestamp()), body),
        }
        if own or auth:
            theirs = {**auth, **own}
            named = {name.lower() for name in theirs}
            headers = {name: value for name, value in headers.items() if name.lower() not in named} | theirs
        headers["Content-Length"] = str(len(body))
        return headers

    def masked(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The same for the ledger."""
        own = self.secrets.additional_headers
        if not own and self.secrets.auth is None:
            return headers
        return {n: MASK if n in own or n == "Authorization" else value for n, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` None where there was no answer; then `error` says why. `answer`: the first 16 KiB of it. `address`: what
    was dialled. `retry_after`: seconds the receiver asks for. `stale`: it was sent with a token kept from before, and
    refused for it: a new one is fetched, and this try does not count."""

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
    stale: bool = False

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def kind(self) -> str:
        """`2xx` … `5xx`, or `error`."""
        return "error" if self.status is None else f"{self.status // 100}xx"


class Courier:
    """Sends; safe to share by threads. `total`: seconds a receiver has in all."""

    def __init__(self, dialer: Dialer, total: float = TOTAL_SECONDS) -> None:
        self._dialer, self._total = dialer, total
        self._tokens = Tokens(dialer)

    def close(self) -> None:
        self._dialer.close()

    def send(
        self, target: Target, event_type: str, uuid: UUID, body: bytes, may_send: Callable[[], bool] = lambda: True
    ) -> Outcome:
        """One POST; never raises for what a receiver or the network does. TooLate as of Dialer.post."""
        at, begun = datetime.now(UTC), time.monotonic()
        call = Call(begun + self._total, may_send)
        status, error, answer, after, stale = None, None, b"", None, False
        headers: dict[str, str] = {}
        try:
            token, kept = self._token(target, call)
            headers = target.headers(event_type, uuid, body, at, token)
            lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("latin-1")
            reply = self._dialer.post(target.subscription.target_url, lines, body, call)
            status, answer = reply.status, reply.answer
            after = retry_after(status, reply.retry_after, at)
            if status == 401 and token is not None:
                self._tokens.refused(target.subscription.id, token)
                stale = kept
        except (OSError, HTTPException, ValueError, Forbidden, Unresolved, NoToken) as wrong:
            late = time.monotonic() > call.deadline
            error = f"no answer within {self._total:g} s" if late else _sentence(wrong)
        return Outcome(
            id=new_command_id(),
            at=at,
            seconds=time.monotonic() - begun,
            url=target.subscription.target_url,
            headers=target.masked(headers),
            address=call.address,
            status=status,
            error=error,
            answer=answer,
            retry_after=after,
            stale=stale,
        )

    def _token(self, target: Target, call: Call) -> tuple[str | None, bool]:
        auth = target.secrets.auth
        if auth is None or auth["auth_type"] != "token":
            return None, False
        return self._tokens.header(target.subscription.id, auth, call)


def _sentence(wrong: BaseException) -> str:
    text = str(wrong).strip()
    return f"{type(wrong).__name__}: {text}"[:500] if text else type(wrong).__name__
