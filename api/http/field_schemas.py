"""What our marshmallow fields take, as JSON Schema, besides what apispec knows of their kind: nothing that is accepted
may look wrong to who reads openapi.json."""

from typing import Any

from marshmallow import fields as ma
from marshmallow import validate

from api.http.engine_schema import UNTIL_NEXT_COUNT, Settling
from api.http.input_schemas import BIG, Ids, Rows, Text
from api.http.location_schema import Channels
from api.http.order_schema import Coordinate, Money, OrderBody, OrEmpty
from api.http.record_kinds import Set
from api.http.splitting import PartField

Schema = dict[str, Any]


def takes(_converter: Any, field: Any, ret: Schema, **_: Any) -> Schema:
    """An attribute function of apispec: what is added to `ret`, the schema so far."""
    made = _of_kind(field, ret)
    if field.allow_none or isinstance(field, OrEmpty) or _may_be_null(field):
        return _or_null(made, ret)
    return made


def _may_be_null(field: Any) -> bool:
    """null for a field that is never null is as if it were not given."""
    return isinstance(field.parent, Set | OrderBody) and not field.required


def _of_kind(field: Any, ret: Schema) -> Schema:
    if isinstance(field, Text):  # a number is taken as the text of it
        if any(isinstance(rule, validate.OneOf) for rule in field.validators):
            return {"enum": list(ret["enum"])}
        return {"type": ["string", "number"]}
    if isinstance(field, Money):
        return {"type": ["string", "number"], "example": "2.55", "pattern": r"^\s*[+-]?[0-9.eE+-]+\s*$"}
    if isinstance(field, Coordinate):
        return {"type": ["string", "number"], "example": "53.80"}
    if isinstance(field, Settling):
        return {"type": ["string", "number"], "description": f"Minutes, or {UNTIL_NEXT_COUNT}."}
    if isinstance(field, ma.Decimal):
        return {"type": ["string", "number"]}
    if isinstance(field, Ids):
        return {"items": {"anyOf": [ret["items"], {"type": "object", "required": ["id"]}]}}
    if isinstance(field, Rows):
        return {"items": {"anyOf": [ret["items"], {"type": "integer", "description": "The id alone."}]}}
    if isinstance(field, Channels):
        return {"additionalProperties": {"type": "integer", "minimum": 0, "maximum": BIG}}
    if isinstance(field, PartField):
        whole = {"type": "integer", "minimum": 1, "maximum": BIG, "description": "Pieces."}
        named = {"type": ["integer", "null"], "minimum": 1, "description": "The part's omnitron id."}
        part = {"type": "object", "required": ["quantity"], "properties": {"quantity": whole, "omnitron_id": named}}
        return {"anyOf": [whole, part]}
    if type(field) is ma.Raw and not field.allow_none:
        return {"type": ["integer", "string"], "description": "An id, a slug, a name or a code."}
    return {}


def _or_null(made: Schema, ret: Schema) -> Schema:
    """The same, or null: in its type and its enum; a reference becomes one of two."""
    if "$ref" in ret:
        return {"anyOf": [{"$ref": ret.pop("$ref")}, {"type": "null"}]}
    kind = made.get("type", ret.get("type"))
    found = dict(made)
    if kind is not None:
        kinds = [kind] if isinstance(kind, str) else list(kind)
        found["type"] = [*kinds, *(["null"] if "null" not in kinds else [])]
    options = made.get("enum", ret.get("enum"))
    if options is not None:
        found["enum"] = [*options, *([None] if None not in options else [])]
    return found
