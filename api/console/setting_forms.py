"""How the value of an application setting is asked for: a control where it is one plain value, else JSON, with what may
stand in it; all from the schemas that check it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from api.console.json_editing import Edited, as_text, parsed
from api.http.setting_schemas import VALUES
from eventlog.secret_values import SECRET_FIELDS


@dataclass(frozen=True)
class Control:
    """`kind`: switch, choice, number, text or json. `parts`: of JSON, what may stand where: [(field, words)]; `secret`:
    some of it is never shown."""

    kind: str
    choices: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def secret(self) -> bool:
        return any(field.rpartition(".")[2] in SECRET_FIELDS for field, _ in self.parts)

    def shown(self, value: Any) -> str:
        """The value as it stands in the control."""
        if self.kind == "json":
            return as_text(value)
        return ("on" if value else "off") if self.kind == "switch" else str(value)

    def read(self, text: str) -> Any | Edited:
        """What was filled in, as JSON has it; the API says whether it may be."""
        if self.kind == "json":
            return parsed(text)
        if self.kind == "switch":
            return text == "on"
        plain = text.strip()
        return int(plain[:18]) if self.kind == "number" and plain.isascii() and plain.isdigit() else plain


def control_of(key: str) -> Control:
    field = VALUES[key]
    choices = _choices(field)
    if isinstance(field, fields.Boolean):
        return Control("switch", ("on", "off"))
    if isinstance(field, fields.Integer):
        return Control("number")
    if isinstance(field, fields.String):
        return Control("choice", choices) if choices else Control("text")
    return Control("json", parts=tuple(_parts(field, "")))


def _parts(field: fields.Field, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(field, fields.Nested):
        for name, inner in field.schema.fields.items():
            yield from _parts(inner, f"{at}.{name}" if at else name)
    elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        yield from _parts(field.inner, f"{at}[]")
    else:
        yield at, _said(field)


def _said(field: fields.Field) -> str:
    if isinstance(field, fields.List):
        words = f"a list, each {_said(field.inner)}"
    else:
        words = next(said for kind, said in _WORDS if isinstance(field, kind))
    choices = _choices(field)
    words = f"one of {', '.join(choices)}" if choices else words
    ends = [(rule.min, rule.max) for rule in field.validators if isinstance(rule, validate.Range)]
    words += "".join(f" from {least} to {most}" for least, most in ends)
    return f"{words}, needed" if field.required else words


def _choices(field: fields.Field) -> tuple[str, ...]:
    return tuple(str(one) for rule in field.validators if isinstance(rule, validate.OneOf) for one in rule.choices)


_WORDS: tuple[tuple[type[fields.Field], str], ...] = (
    (fields.Boolean, "true or false"),
    (fields.Integer, "a whole number"),
    (fields.Float, "a number"),
    (fields.String, "a text"),
    (fields.Mapping, "texts by name"),
)
