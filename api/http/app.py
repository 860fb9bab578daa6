"""The Flask application: every declared route, wrapped the same way: who calls, what is asked, what is answered. Pages
for people stand beside them and ask these very routes."""

import json
import logging
import time
from typing import Any
from uuid import uuid4

from flask import Flask, Request, Response, request
from psycopg_pool import ConnectionPool

from api.console import frame, mounting
from api.console.headers import harden
from api.http import every_route, metrics
from api.http.audit_rows import audit_row
from api.http.bodies import read_body
from api.http.dry_run import DryRun
from api.http.errors import Failure, WrongInput, answer
from api.http.languages import language_of, told_in
from api.http.replica import Replica, ReplicaFailed
from api.http.request_audit import RequestAudit
from api.http.routes import ALL, ANYBODY, READING, ROUTES, Answer, Call, Route, Services, is_dry
from api.http.users import NOBODY, Caller, Users
from api.settings import Settings
from eventlog.connect import conninfo
from eventlog.log import EventLog
from eventlog.secrets import Secrets
from integrations.stock_services import AskedServices
from integrations.traffic import Traffic
from projections.schema import FOLLOWER
from scenarios.at_once import AtOnce

log_ = logging.getLogger("daybook.api")

MOST_BYTES = 8 * 1024 * 1024
WAIT_SECONDS = 2.0
POOL_SECONDS = 3.0
"""A request that gets no connection in time is answered 503: whoever asked may wait better than our threads."""
RECONNECT_SECONDS = 1.0
"""A pool that fails longer gives up until the next request; its own pauses would grow and outlast the outage."""

every_route.declare()
mounting.declare()


def services_of(log: EventLog, settings: Settings, secret_key: str) -> Services:
    """What the routes work with, opened for this process."""
    pool: ConnectionPool[Any] = ConnectionPool(
        conninfo(log.database_url, "daybook api", READING),
        min_size=1,
        max_size=max(4, settings.api_threads // 2),
        open=True,
        kwargs={"autocommit": True},
        timeout=POOL_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
    )
    audit = RequestAudit(log.listening)
    secrets = Secrets(log.listening, secret_key)
    stock = AskedServices(settings.webhook_allow, secrets.read, Traffic(pool.connection))
    planning = AtOnce(log, pool.connection, stock)
    return Services(log, pool, log.keyring(secret_key), settings, secret_key, audit, planning, stock)


def create_app(services: Services) -> Flask:
    """The application. Tables of this and other rooms must be there (`api.opening.initialise`)."""
    replica = services.replica
    app = Flask("daybook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.url_map.strict_slashes = False
    app.extensions["services"] = services
    app.extensions["users"] = users = Users(services.log, services.pool)
    for route in ROUTES:
        name = f"{route.method} {route.path}"
        app.add_url_rule(route.path, name, _wrapped(route, services, users, replica), methods=[route.method])
    mounting.mount(app)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        return _failed(error)

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        request.environ["oms.request_id"] = given if 0 < len(given) <= 100 and given.isprintable() else uuid4().hex
        request.environ["oms.began"] = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-ID"] = request.environ.get("oms.request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        if frame.is_page(request.path):
            harden(request, response)
        _audited(services.audit, response)
        metrics.answered(request.method, response.status_code, time.perf_counter() - request.environ["oms.began"])
        return response

    return app


def _audited(audit: RequestAudit, response: Response) -> None:
    """Whoever was to change something is in the audit, before they are answered; so is who logged in or tried to."""
    caller = request.environ.get("oms.caller")
    if caller is None or request.method in ("GET", "HEAD", "OPTIONS") or request.environ.get("oms.dry"):
        return
    name = caller.username or str((request.environ.get("oms.said") or {}).get("username", ""))[:150]
    audit.record(audit_row(request, response, request.view_args or {}, caller.id, name))


def _wrapped(route: Route, services: Services, users: Users, replica: Replica | None) -> Any:
    def view(**path: Any) -> Response:
        caller = request.environ["oms.caller"] = _caller(request, users) if route.roles is not ANYBODY else NOBODY
        if route.roles is not ANYBODY and not caller.roles & route.roles:
            raise Failure(403, "forbidden", f"This needs one of the roles {', '.join(sorted(route.roles))}.")
        if caller.locations is not None and route.reach == ALL and route.roles is not ANYBODY:
            raise Failure(403, "forbidden", "This is about all locations; you are limited to some.")
        if route.method != "GET" and is_dry(request.args) and "dry_run" in route.unkept:
            raise Failure(400, "bad_request", f"There is no dry run of this: {route.unkept['dry_run']}.")
        for name, text in request.args.items(multi=True):
            if "\0" in text and route.answers != "StockAvailability":  # no text of PostgreSQL holds one
                raise WrongInput(**{name: ["A text cannot hold NUL."]})  # (baskets have errors of their own shape)
        body = read_body(request, route.body, free=route.free_body)
        call = Call(
            services,
            caller,
            request.environ["oms.request_id"],
            body,
            request.args,
            dict(request.headers),
            request.path,
            request.environ.get("oms.raw", b""),
            replica if route.method == "GET" else None,
        )
        if route.method == "GET":
            _wait_for_reads(call)
        try:
            given = _given(route, call, path)
        except DryRun as dry:
            given = Answer({"events": dry.events}, dry=True)
        answered = given if isinstance(given, Answer) else Answer(given, route.status)
        request.environ["oms.answer"], request.environ["oms.dry"] = answered.json, answered.dry
        return _response(answered)

    return view


def _given(route: Route, call: Call, path: dict[str, Any]) -> Any:
    try:
        return route.function(call, **path)
    except ReplicaFailed:
        return route.function(call, **path)  # its reads have turned to the primary


def _response(answered: Answer) -> Response:
    if answered.raw is not None:
        answered.raw.headers.extend(answered.headers)
        return answered.raw
    if answered.json is None:
        bare = Response(status=answered.status, headers=dict(answered.headers))
        del bare.headers["Content-Type"]
        return bare
    language = language_of(request.accept_languages)
    text = json.dumps(told_in(language, answered.json), ensure_ascii=False, separators=(",", ":"))
    told = Response(text, answered.status, dict(answered.headers), content_type="application/json")
    told.headers["Content-Language"] = language
    return told


def _failed(error: BaseException) -> Response:
    status, body, headers = answer(error)
    if frame.is_page(request.path):
        return frame.failed(status, body["error"], headers)
    return Response(json.dumps(body, ensure_ascii=False), status, headers, content_type="application/json")


def _caller(asked: Request, users: Users) -> Caller:
    scheme, _, key = asked.headers.get("Authorization", "").partition(" ")
    caller = users.caller(key.strip()) if scheme in ("Token", "Bearer") and key.strip() else None
    if caller is None:
        raise Failure(
            401,
            "unauthorized",
            "Send `Authorization: Token <key>` with a key of POST /api/i1/auth/login/.",
            {"WWW-Authenticate": "Token"},
        )
    return caller


def _wait_for_reads(call: Call) -> None:
    """Read your own writes: `X-OMS-Min-Position` waits for the read models (spec 3.1)."""
    asked = request.headers.get("X-OMS-Min-Position")
    if asked is None:
        return
    if not asked.isdecimal() or len(asked) > 18:
        raise Failure(400, "bad_request", "X-OMS-Min-Position is the X-OMS-Position of an answer.")
    if not call.log.wait_for([FOLLOWER], int(asked), WAIT_SECONDS):
        raise Failure(503, "lagging", "The read models have not come to this position yet.", {"Retry-After": "1"})
    call.reads.come_to(int(asked))
