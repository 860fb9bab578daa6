"""One way to call another system: vetted addresses, one deadline, a breaker, second tries where they are safe, figures.

An adapter makes an `Ask` and reads what was `Said`; all that may go wrong on the way is one of integrations.trouble.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from math import inf
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from integrations.authorization import Auth, Logins
from integrations.trouble import Declined, Misconfigured, Resting, Unanswered
from webhook_outbox.breaker import Breaker
from webhook_outbox.dialing import Call, Dialer, Reply, TooLate
from webhook_outbox.schedule import retry_after
from webhook_outbox.targets import Forbidden, Network, Unresolved

CONNECT, READ = 3.0, 15.0  # seconds, where a system's settings say nothing
LONGEST = 90.0
"""Seconds that a call may take in all, whatever its settings say."""

MOST_BYTES = 8 * 1024 * 1024
SAFE = frozenset({"GET"})
LATER = frozenset({401, 403, 407, 408, 421, 425, 429})
"""Answers of 4xx that may be others tomorrow: a log-in is renewed, a limit ends."""

ALLOWED_BY = "the installation allows such addresses by OMS_WEBHOOK_ALLOW"

T = TypeVar("T")

USER_AGENT = "Daybook-Integrations/1"


@dataclass(frozen=True, slots=True)
class System:
    """A neighbour: its name in figures and breakers (`carrier:fast`), how to log in, seconds it has."""

    name: str
    auth: Auth = field(default_factory=Auth)
    connect: float = CONNECT
    read: float = READ

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any], auth: Auth | None = None) -> "System":
        """By settings with `auth` and `timeouts {connect, read}`, secrets opened."""
        said = settings.get("timeouts") or {}
        connect, read = float(said.get("connect") or CONNECT), float(said.get("read") or READ)
        return cls(name, auth or Auth.of(settings.get("auth") or {}), connect, read)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `what` says in a word or two what for; `lane` parts objects in the breaker's eyes: one that fails
    again and again is no reason to leave the others; `call` the queued call it belongs to; `until` (time.monotonic)
    ends it, where it is one of several that have their seconds together."""

    method: str
    url: str
    what: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    lane: str = ""
    call: int | None = None
    may_send: Callable[[], bool] = field(default=lambda: True, repr=False)
    until: float = inf


def posting(url: str, what: str, said: Any, key: str = "", **more: Any) -> Ask:
    """A POST of JSON; `key` is sent as Idempotency-Key."""
    headers = {"Idempotency-Key": key} if key else {}
    return Ask("POST", url, what, msgspec.json.encode(said), headers, **more)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of 2xx."""

    status: int
    media_type: str
    body: bytes

    def json(self) -> dict[str, Any]:
        """A JSON object; Unanswered where it is none, for nobody knows what was done."""
        try:
            said = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unanswered("the answer is not JSON") from None
        if not isinstance(said, dict):
            raise Unanswered("the answer is not a JSON object")
        return said


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that went out, or could not, as it is kept: `place` is its host and path, nothing of what was said.
    `outcome`: ok, declined, failed, or resting, where nothing was sent."""

    at: datetime
    system: str
    what: str
    call: int | None
    method: str
    place: str
    status: int | None
    seconds: float
    outcome: str
    error: str | None


class Outside:
    """Safe to share by threads. `record` keeps each Attempt; `clock`: Unix time."""

    def __init__(
        self,
        allowed: Sequence[Network],
        record: Callable[[Attempt], None] = lambda _attempt: None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dialer = Dialer(allowed)
        self._logins = Logins(self._dialer)
        self._record, self._clock = record, clock
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)
        self._in_flight: defaultdict[str, int] = defaultdict(int)
        self._lock = Lock()

    def close(self) -> None:
        self._dialer.close()

    def resting(self) -> set[str]:
        """The systems that are left alone now."""
        now = self._clock()
        with self._lock:
            return {
                name for name, breaker in self._breakers.items() if not breaker.lets(now, self._in_flight.get(name, 0))
            }

    def call(self, system: System, ask: Ask, read: Callable[[Said], T]) -> T:
        """What `read` makes of the answer. Where it finds no sense in it (KeyError, TypeError, ValueError), the system
        has failed as by a 500. Raises Unanswered (Resting), Declined or Misconfigured."""
        try:
            return self._once(system, ask, read)
        except Resting:
            raise
        except Unanswered as first:
            if ask.method not in SAFE or time.monotonic() >= ask.until:
                raise
            try:
                return self._once(system, ask, read)
            except Resting:
                raise first from None  # it was asked once, and this is what came of it

    def _once(self, system: System, ask: Ask, read: Callable[[Said], T]) -> T:
        self._enter(system.name)
        begun, at = time.monotonic(), datetime.now(UTC)
        status: int | None = None
        wrong: Exception | None = None
        try:
            reply = self._sent(system, ask, begun)
            status = reply.status
            return _read(_judged(reply, datetime.now(UTC)), read)
        except (Declined, Unanswered) as trouble:
            wrong = trouble
            raise
        except Forbidden as error:
            wrong = Misconfigured(f"{_place(ask.url)} cannot be called: {error} ({ALLOWED_BY})")
            raise wrong from None
        except ValueError as error:
            wrong = Misconfigured(f"{_place(ask.url)} cannot be called: {error}")
            raise wrong from None
        except TooLate:
            wrong = Resting("somebody else has taken the call over")
            raise wrong from None
        except (OSError, HTTPException, Unresolved) as error:
            late = isinstance(error, TimeoutError)
            wrong = Unanswered("no answer in time" if late else f"no answer ({_sentence(error)})")
            raise wrong from None
        finally:
            self._leave(system.name, ask.lane, wrong)
            seconds = time.monotonic() - begun
            self._record(_attempt(at, system, ask, status, seconds, wrong))

    def _sent(self, system: System, ask: Ask, begun: float) -> Reply:
        seconds = min(system.connect + system.read, LONGEST)
        call = Call(
            min(begun + seconds, ask.until),
            ask.may_send,
            most=MOST_BYTES,
            answer_seconds=seconds,
            connect_seconds=min(system.connect, seconds),
        )
        authorization = self._logins.header(system.auth, call)
        headers = {
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
            **({"Content-Type": ask.media_type} if ask.body else {}),
            **ask.headers,
            **({"Authorization": authorization} if authorization else {}),
            "Content-Length": str(len(ask.body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
        reply = self._dialer.send(ask.method, ask.url, lines, ask.body, call)
        if reply.status == 401:
            self._logins.refused(system.auth, authorization)
        return reply

    def _enter(self, name: str) -> None:
        now = self._clock()
        with self._lock:
            breaker = self._breakers[name]
            if not breaker.lets(now, self._in_flight[name]):
                raise Resting("it has failed lately and is left alone for a while", max(breaker.until - now, 0.2))
            self._in_flight[name] += 1

    def _leave(self, name: str, lane: str, wrong: Exception | None) -> None:
        with self._lock:
            self._in_flight[name] -= 1
            if isinstance(wrong, Unanswered) and not isinstance(wrong, Resting):
                self._breakers[name].failed(lane, self._clock(), wrong.seconds)
            elif wrong is None or (isinstance(wrong, Declined) and not isinstance(wrong, Misconfigured)):
                self._breakers[name].succeeded()  # a clear no is an answer


def _read(said: Said, read: Callable[[Said], T]) -> T:
    try:
        return read(said)
    except (KeyError, TypeError, ValueError, LookupError, AttributeError):
        raise Unanswered("the answer makes no sense") from None


def _judged(reply: Reply, now: datetime) -> Said:
    if 200 <= reply.status < 300:
        if not reply.whole:
            raise Unanswered("the answer ended too early, or is too long")
        return Said(reply.status, reply.media_type, reply.answer)
    text = f"it answered {reply.status}{_told(reply)}"
    if 400 <= reply.status < 500 and reply.status not in LATER:
        raise Declined(text, reply.status)
    raise Unanswered(text, retry_after(reply.status, reply.retry_after, now))


def _told(reply: Reply) -> str:
    """What an answer says of the error, where it says it as most do: {"error": "…"} or {"message": "…"}."""
    try:
        said = msgspec.json.decode(reply.answer)
        text = said.get("error") or said.get("message") or said.get("detail")
    except (msgspec.DecodeError, UnicodeDecodeError, AttributeError):
        return ""
    return f": {text[:200]}" if isinstance(text, str) else ""


def _attempt(
    at: datetime, system: System, ask: Ask, status: int | None, seconds: float, wrong: Exception | None
) -> Attempt:
    outcome = "ok" if wrong is None else "declined" if isinstance(wrong, Declined) else "failed"
    outcome = "resting" if isinstance(wrong, Resting) else outcome
    error = None if wrong is None else _sentence(wrong)
    return Attempt(
        at, system.name, ask.what, ask.call, ask.method, _place(ask.url), status, round(seconds, 4), outcome, error
    )


def _place(url: str) -> str:
    """Host and path, without a query: keys stand there at times."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{':' + str(parts.port) if parts.port else ''}{parts.path}"[:300]


def _sentence(wrong: BaseException) -> str:
    return (str(wrong).strip() or type(wrong).__name__)[:300]
