"""Secrets of settings: put away before a setting is an event, masked where it is shown."""

from typing import Any

from marshmallow import ValidationError

from api.http.plain_json import plain
from api.http.routes import Call
from eventlog.secret_values import SayAgain, masked, sealed
from eventlog.secrets import Secrets

__all__ = ["masked", "put_away"]


def put_away(call: Call, field: str, value: Any, before: Any) -> Any:
    """The value of a setting's `field` as an event may hold it; ValidationError where a masked secret has moved. On a
    dry run nothing is kept."""
    secrets = Secrets(call.log.listening, call.services.secret_key)
    keep = secrets.name_of if call.dry else secrets.keep
    try:
        return sealed(plain(value), before, keep)
    except SayAgain as again:
        where: Any = ["Say it again: where it is sent, or something beside it, has changed."]
        for part in (*reversed(again.path), field):
            where = {part: where}
        raise ValidationError(where) from None
