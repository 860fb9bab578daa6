"""Marshmallow schemas made from the input dataclasses of the commands: a command declares its input once."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from marshmallow import EXCLUDE, Schema, post_load, validate
from marshmallow import fields as ma

from domain.document import MOST_BYTES, DocumentText
from domain.kernel import COMMANDS, Command

TEXT = 1000
BIG = 2**31 - 1


class Whole(ma.Integer):
    """A whole number: no true, no "3", no 2.5, no 2.0."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Switch(ma.Boolean):
    """true or false: no 1, no "yes"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Text(ma.String):
    """A text; a number is taken as the text of it (barcodes and weights come as either)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Ids(ma.List):
    """A list of ids; of `{id, …}` too, of which the id is taken (spec 1.6, package_items)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            value = [v["id"] if isinstance(v, dict) and "id" in v else v for v in value]
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Rows(ma.List):
    """A list of objects, each made into its dataclass; a plain id stands for `{id}`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            value = [{"id": v} if isinstance(v, int) and not isinstance(v, bool) else v for v in value]
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Choice(ma.Raw):
    def __init__(self, options: tuple[Any, ...], **settings: Any) -> None:
        super().__init__(validate=validate.OneOf(options), **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list | dict):
            raise self.make_error("validator_failed")
        return value


_made: dict[Any, Schema] = {}


def schema_of(cls: Any) -> Schema:
    """The schema whose `load` gives an instance of the dataclass; unknown fields are ignored (spec 1.6)."""
    if cls not in _made:
        _made[cls] = _schema(cls)
    return _made[cls]


def _schema(cls: Any) -> Schema:
    hints = get_type_hints(cls)
    made: dict[str, Any] = {}
    for one in fields(cls):
        required = one.default is MISSING and one.default_factory is MISSING
        settings: dict[str, Any] = {"required": required}
        made[one.name] = _field(hints[one.name], settings, one.name)

    def build(_self: Schema, data: dict[str, Any], **_: Any) -> Any:
        return cls(**data)

    made["build"] = post_load(build)
    made["Meta"] = type("Meta", (), {"unknown": EXCLUDE})
    return type(cls.__name__, (Schema,), made)()


def _field(hint: Any, settings: dict[str, Any], name: str) -> ma.Field:
    if get_origin(hint) in (Union, UnionType):
        inner = [one for one in get_args(hint) if one is not type(None)]
        return _field(inner[0], {**settings, "allow_none": True}, name)
    if get_origin(hint) is tuple:
        inner_hint = get_args(hint)[0]
        if is_dataclass(inner_hint):
            nested = ma.Nested(schema_of(inner_hint))
            return Rows(nested, validate=validate.Length(max=5000), **settings)
        return Ids(_field(inner_hint, {}, name), validate=validate.Length(max=5000), **settings)
    if get_origin(hint) is Literal:
        return Choice(get_args(hint), **settings)
    return _PLAIN[hint](name, settings)


_PLAIN: dict[Any, Callable[[str, dict[str, Any]], ma.Field]] = {
    int: lambda name, s: Whole(validate=validate.Range(0 if name == "quantity" else 1, BIG), **s),
    str: lambda _, s: Text(validate=validate.Length(max=TEXT), **s),
    DocumentText: lambda _, s: Text(validate=validate.Length(max=MOST_BYTES * 4 // 3 + 1000), **s),
    bool: lambda _, s: Switch(**s),
    Decimal: lambda _, s: ma.Decimal(allow_nan=False, **s),
}


def input_of(command: Command, body: dict[str, Any]) -> Any:
    """The command's input from a request's body; raises ValidationError. Inputs stand at the top, or inside
    `input_parameters` (spec 9)."""
    if command.input is None:
        return None
    inner = body.get("input_parameters")
    return schema_of(command.input).load({**body, **inner} if isinstance(inner, dict) else body)


def command_schemas() -> dict[str, Schema]:
    """Slug → schema, for OpenAPI."""
    return {slug: schema_of(row.input) for (_, slug), row in COMMANDS.items() if row.input is not None}
