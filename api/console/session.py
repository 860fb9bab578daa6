"""Who is at the screen: a key of the API (kept hashed, expiring, revocable: spec 3.1) in a cookie that no script reads;
and the token that each form carries, so that no other site can send one (CSRF)."""

import base64
import hashlib
import hmac
import secrets

from flask import Request, Response

from api.http.errors import Failure
from api.http.keys import digest_of

SECONDS = 12 * 3600
"""A session ends after a working day, whatever is done in it."""

SESSION, VISIT, NOTE = "daybook", "daybook-visit", "daybook-said"
FIELD, HEADER = "csrf", "X-CSRF-Token"


def key_of(asked: Request) -> str | None:
    """The key that the browser came with."""
    return asked.cookies.get(_name(asked, SESSION)) or None


def begin(asked: Request, response: Response, key: str) -> None:
    _set(asked, response, SESSION, key, SECONDS)
    response.delete_cookie(_name(asked, VISIT), path="/", secure=asked.is_secure, httponly=True, samesite="Lax")


def end(asked: Request, response: Response) -> None:
    response.delete_cookie(_name(asked, SESSION), path="/", secure=asked.is_secure, httponly=True, samesite="Lax")


def visit_of(asked: Request) -> str:
    """Before one signs in: what the sign-in form's token is bound to."""
    return asked.cookies.get(_name(asked, VISIT)) or secrets.token_urlsafe(18)


def note_visit(asked: Request, response: Response, visit: str) -> None:
    _set(asked, response, VISIT, visit, 3600)


def token(secret: str, bound_to: str) -> str:
    """The token of the forms of a session or visit."""
    said = b"csrf:" + digest_of(bound_to)
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def check(asked: Request, secret: str, bound_to: str) -> None:
    """Raises 403 unless the form is one that we gave to this very browser."""
    given = asked.headers.get(HEADER) or asked.form.get(FIELD, "")
    foreign = asked.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if foreign or not hmac.compare_digest(given.encode(), token(secret, bound_to).encode()):
        raise Failure(403, "stale_form", "This form is no longer good. Go back, load the page anew and send it again.")


def note(asked: Request, response: Response, secret: str, text: str) -> None:
    """A sentence for the next page; signed, so that nobody else puts words into our mouth."""
    plain = base64.urlsafe_b64encode(text[:500].encode()).decode()
    _set(asked, response, NOTE, f"{token(secret, 'note:' + plain)}.{plain}", 60)


def noted(asked: Request, secret: str) -> str:
    signed, _, plain = asked.cookies.get(_name(asked, NOTE), "").partition(".")
    if not plain or not hmac.compare_digest(signed.encode(), token(secret, "note:" + plain).encode()):
        return ""
    return base64.urlsafe_b64decode(plain).decode()


def forget_note(asked: Request, response: Response) -> None:
    response.delete_cookie(_name(asked, NOTE), path="/", secure=asked.is_secure, httponly=True, samesite="Lax")


def _set(asked: Request, response: Response, name: str, value: str, seconds: int) -> None:
    secure = asked.is_secure
    response.set_cookie(
        _name(asked, name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def _name(asked: Request, name: str) -> str:
    """Where https is, the browser itself sees to it that no other host or plain page sets the cookie."""
    return f"__Host-{name}" if asked.is_secure else name
