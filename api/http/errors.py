"""One table from what went wrong to what is answered (spec 3.1). Never HTML, never a stack trace."""

import logging
from collections.abc import Collection, Iterable
from typing import Any
from uuid import uuid4

import psycopg
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from domain.guards import SlotEffect
from domain.kernel import Refusal
from eventlog.recorded import Busy, ClaimTaken, Poisoned, ShortOfGuard, Unavailable, VersionClash
from projections.filters import BadFilter, UnknownFilter
from webhook_outbox.registry import WebhookError

log_ = logging.getLogger("daybook.api")


class Failure(Exception):
    """An answer that is not a success: status, code, message, and what else stands in the error."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None, **extra: Any):
        super().__init__(message)
        self.status, self.code, self.message, self.headers, self.extra = status, code, message, headers or {}, extra


class WrongInput(Exception):
    """Input errors by field: `{field: [texts]}`."""

    def __init__(self, /, **fields: list[str]) -> None:
        super().__init__(str(fields))
        self.fields = fields


def known_only(given: Iterable[str], known: Collection[str]) -> None:
    """WrongInput that names what may be asked, where the query has something else."""
    if unknown := sorted(set(given) - set(known)):
        raise WrongInput(**{unknown[0]: [f"Known {'is' if len(known) == 1 else 'are'} {', '.join(known)}."]})


Answered = tuple[int, dict[str, Any], dict[str, str]]

_STATUS = {"not_found": 404, "forbidden": 403, "conflict": 409}
_HTTP = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "timeout",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


def answer(error: BaseException) -> Answered:
    """(status, body, headers) of any error."""
    if isinstance(error, Failure):
        return _coded(error.status, error.code, error.message, error.headers, **error.extra)
    if isinstance(error, WrongInput):
        return _fields(error.fields)
    if isinstance(error, ValidationError):
        return _fields(error.normalized_messages())
    if isinstance(error, Refusal):
        if error.code == "invalid":
            return _fields(error.extra["fields"])
        return _coded(_STATUS.get(error.code, 400), error.code, error.message, {}, **error.extra)
    if isinstance(error, UnknownFilter):
        return _fields({error.name: [str(error)]})
    if isinstance(error, BadFilter):
        return _fields({error.field: [error.text]})
    if isinstance(error, WebhookError):
        return 406, error.body(), {}
    if isinstance(error, Busy | Unavailable):
        return _coded(503, "unavailable", "The log cannot be written now; try again.", {"Retry-After": "1"})
    if isinstance(error, VersionClash):
        return _coded(503, "busy", "Too much happens to this object at once; try again.", {"Retry-After": "1"})
    if isinstance(error, ShortOfGuard):
        return _short(error)
    if isinstance(error, ClaimTaken):
        return _coded(409, "conflict", f"{error.key} is taken.", {})
    if isinstance(error, Poisoned):
        return _coded(400, "bad_request", "A value cannot be stored.", {})
    if isinstance(error, HTTPException):
        status = error.code or 500
        if status < 500:
            methods = getattr(error, "valid_methods", None)
            headers = {"Allow": ", ".join(methods)} if methods else {}
            return _coded(status, _HTTP.get(status, "bad_request"), error.description or error.name, headers)
    if _database_lost(error):
        log_.warning("the database did not answer: %s", str(error).strip().split("\n")[0])
        return _coded(503, "unavailable", "The database does not answer now; try again.", {"Retry-After": "1"})
    id = uuid4().hex
    log_.error("request failed (%s)", id, exc_info=error, extra={"error_id": id})
    return _coded(500, "internal_error", "Something went wrong here; the log knows it by this id.", {}, id=id)


def _short(error: ShortOfGuard) -> Answered:
    """A command asked for goods, or for a slot, that are not free (C12, C27)."""
    effect, free = error.effect, error.available
    if isinstance(effect, SlotEffect):
        return _coded(400, "short_of_slots", f"No quota slot is free: {free} left.", {}, stock_location=effect.location)
    text = f"There is not enough of {effect.sku}: {effect.reserve} wanted, {free} available."
    said = {"sku": effect.sku, "stock_location": effect.location, "wanted": str(effect.reserve)}
    return _coded(400, "short_of_stock", text, {}, **said, available=str(free))


def _database_lost(error: BaseException | None) -> bool:
    """Whether a lost or refused connection, or none that was free in time, is what it came from."""
    while error is not None:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return True
        error = error.__cause__
    return False


def _fields(fields: Any) -> Answered:
    return 400, {"error": fields, "status_code": 400}, {}


def _coded(status: int, code: str, message: str, headers: dict[str, str], **extra: Any) -> Answered:
    return status, {"error": {"code": code, "message": message, **extra}, "status_code": status}, headers
