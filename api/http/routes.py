"""A route says once what it is: path, who may call it, what it takes. Flask's rules and OpenAPI are made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from flask import Response
from marshmallow import Schema
from psycopg_pool import ConnectionPool
from werkzeug.datastructures import MultiDict

from api.http.errors import WrongInput
from api.http.replica import Reads, Replica
from api.http.request_audit import RequestAudit
from api.http.users import Caller
from api.settings import Settings
from eventlog.documents import Documents
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from integrations.desk import Desk
from integrations.outside import Outside
from integrations.stock_services import AskedServices
from integrations.traffic import Traffic
from scenarios.at_once import AtOnce

OMS = "/api/v1/oms"

ADMIN = frozenset({"admin"})
PLAN = ADMIN | {"planner"}
COMMAND = ADMIN | {"store", "integration"}
WRITE = ADMIN | {"integration"}
HOOKS = ADMIN | {"integration"}
AUDIT = ADMIN | {"support"}
READ = COMMAND | {"support", "planner", "viewer"}
ANYBODY: frozenset[str] = frozenset()
"""Roles of spec 3.1 by what they may do; ANYBODY: no login is asked."""


READING = "-c max_parallel_workers_per_gather=0"
"""One processor a request: starting workers costs more than a page does, and others want them, too."""

OWN, COMMON, ALL = "own", "common", "all"
"""How far a route reaches for who is limited to locations: OWN: its function shows and touches theirs only; COMMON:
what it is about belongs to no location; ALL, unless a route says otherwise: it is closed to them (spec 3.1)."""

KEPT_BY_WRITES = ("Idempotency-Key", "If-Match", "dry_run")
"""What every route that writes keeps to (spec 3.1), but for what its `unkept` says."""

NOTHING = "nothing"
"""What a route answers that answers without a body."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a query: a sentence, what its text looks like (JSON Schema), whether nothing is answered without
    it."""

    sentence: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


Query = Mapping[str, str | Parameter]
"""Name → what is said of it; a sentence alone is that of any text."""


@dataclass(frozen=True)
class Services:
    """What the routes work with. `orders`: (kind, id) → the order that holds it, of what was asked for (whose.py)."""

    log: EventLog
    pool: ConnectionPool[Any]
    keyring: Keyring
    settings: Settings
    secret_key: str
    audit: RequestAudit
    planning: AtOnce
    stock: AskedServices
    orders: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def documents(self) -> Documents:
        """Invoices and labels, kept beside the log."""
        return self.log.documents(self.keyring)

    @cached_property
    def desk(self) -> Desk:
        """For questions to other systems that somebody waits for; what need not be waited for is queued by the log."""
        outside = Outside(self.settings.webhook_allow, Traffic(self.pool.connection))
        return Desk.of(self.log, self.secret_key, outside)

    @cached_property
    def replica(self) -> Replica | None:
        """Whom the API's reads are asked of, where one is set."""
        url = self.settings.read_database_url
        return None if url is None else Replica(url, READING, self.pool.max_size, self.pool)

    def reveal(self, personal: Any) -> Any:
        return self.keyring.reveal(personal)

    def close(self) -> None:
        """Every connection of its own; the log is its opener's."""
        if "desk" in self.__dict__:
            self.desk.outside.close()
        self.stock.close()
        if self.__dict__.get("replica") is not None:
            self.__dict__["replica"].close()
        self.pool.close()
        self.audit.close()


def is_dry(query: Mapping[str, str]) -> bool:
    """Raises WrongInput where it is neither true nor false: what was meant to be tried is never done."""
    said = query.getlist("dry_run") if isinstance(query, MultiDict) else [query.get("dry_run", "")]
    if any(text.lower() not in ("true", "1", "false", "0", "") for text in said):
        raise WrongInput(dry_run=["true or false is needed."])
    return any(text.lower() in ("true", "1") for text in said)


@dataclass(frozen=True)
class Call:
    """One request as a route's function sees it: checked input, who calls, under which request id. `raw`: the body byte
    by byte as it came, where one is taken. `replica`: may be asked, nothing is to be written."""

    services: Services
    caller: Caller
    request_id: str
    body: Any
    query: Mapping[str, str]
    headers: Mapping[str, str]
    path: str
    raw: bytes = b""
    replica: Replica | None = None

    @cached_property
    def reads(self) -> Reads:
        """For what the read models are asked. What else there is in the database is asked by `services.pool`."""
        return Reads(self.services.pool, self.replica)

    @property
    def log(self) -> EventLog:
        return self.services.log

    @property
    def dry(self) -> bool:
        """`?dry_run=true`: the checks and the events that would be written, nothing written (spec 3.1)."""
        return is_dry(self.query)


@dataclass(frozen=True)
class Answer:
    """What a function may give instead of plain JSON: a status, headers, or a body of another type. `dry`: nothing was
    written."""

    json: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Response | None = None
    dry: bool = False


class Function(Protocol):
    __name__: str
    __doc__: str | None

    def __call__(self, call: Call, /, **path: Any) -> Any: ...


F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """`body`: a marshmallow schema (instance) or None; `free_body`: any JSON object, checked by the function; `query`:
    its parameters by name; `answers`: the OpenAPI component of the answer; `reach`: OWN, COMMON or ALL; `unkept`:
    which of KEPT_BY_WRITES this one does not keep → why not; `takes`: media type → JSON schema, of a body that the
    function reads byte by byte itself."""

    method: str
    path: str
    function: Callable[..., Any]
    roles: frozenset[str]
    body: Schema | None
    free_body: bool
    query: Query
    status: int
    tag: str
    answers: str
    reach: str = ALL
    unkept: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return (self.function.__doc__ or "").strip().split("\n")[0]


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    *,
    roles: frozenset[str],
    tag: str,
    body: Schema | None = None,
    free_body: bool = False,
    query: Query | None = None,
    status: int = 200,
    answers: str = "",
    reach: str = ALL,
    unkept: Mapping[str, str] | None = None,
    takes: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[F], F]:
    """Declares `function(call, **path)` as this route; it gives JSON, or an Answer. `free_body`: any JSON object.
    `answers` names the OpenAPI component of the answer."""

    def declare(function: F) -> F:
        ROUTES.append(
            Route(
                method,
                path,
                function,
                roles,
                body,
                free_body,
                query or {},
                status,
                tag,
                answers,
                reach,
                unkept or {},
                takes or {},
            )
        )
        return function

    return declare
