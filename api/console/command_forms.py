"""Forms for commands, built from the input schema that the API gives with each (spec 3.2); and read back into a body.

Rows about items of the object stand as a table of just these items. What the API says of a field is shown beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

_ABOUT_ITEMS = ("id", "package_item")
_BLANK_ROWS = 3
LONG = frozenset({"document"})
DANGER = frozenset({"cancel-package", "cancel-transfer", "package-packed-for-refund", "return-package"})


@dataclass(frozen=True)
class Item:
    """An item of a package or transfer as rows are about it."""

    id: int
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True)
class Field:
    """`kind`: text, long, number, switch, choice, or rows, items, places. `columns`: the fields of a row; rows of
    `items` are checked and belong to one item each; `places` asks for each item which location it goes to."""

    name: str
    kind: str
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence["Field"] = ()
    blank: Any = ""
    plain: bool = False

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Form:
    """A command that may run now."""

    slug: str
    button: str
    fields: Sequence[Field]
    hint: str

    @property
    def danger(self) -> bool:
        return self.slug in DANGER


def forms(commands: Sequence[Schema], choices: Mapping[str, Mapping[str, str]]) -> list[Form]:
    """`commands` of an object; `choices`: field → {value: words} where a list is known (denial reasons, carriers)."""
    return [_form(one, choices) for one in commands]


def _form(command: Schema, choices: Mapping[str, Mapping[str, str]]) -> Form:
    schema = command["input_schema"]
    if schema is None:
        return Form(command["slug"], command["name"], (), "")
    whole = _resolved(schema, schema)
    required = whole.get("required", ())
    fields = [_field(schema, name, one, name in required, choices) for name, one in whole["properties"].items()]
    return Form(command["slug"], command["name"], fields, whole.get("description", "").replace("`", ""))


def _resolved(root: Schema, schema: Schema) -> Schema:
    found: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _field(root: Schema, name: str, schema: Schema, required: bool, choices: Mapping[str, Mapping[str, str]]) -> Field:
    one = _resolved(root, next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), schema))
    blank = schema.get("default")
    if name in choices:
        return Field(name, "choice", required, choices[name], blank=blank or "")
    if "enum" in one:
        words = {str(value): str(value).replace("_", " ") for value in one["enum"]}
        return Field(name, "choice", required, words, blank=blank or "")
    if one.get("type") == "boolean":
        return Field(name, "switch", blank=bool(blank))
    if one.get("type") == "array":
        return _rows(root, name, _resolved(root, one["items"]), required, choices)
    kind = "number" if one.get("type") == "integer" else "long" if name in LONG else "text"
    return Field(name, kind, required)


def _rows(root: Schema, name: str, row: Schema, required: bool, choices: Mapping[str, Mapping[str, str]]) -> Field:
    if row.get("type") == "integer":
        return Field(name, "items", required, columns=(Field("id", "hidden"),), plain=True)
    inner, needed = row["properties"], row.get("required", ())
    columns = [_field(root, one, said, one in needed, choices) for one, said in inner.items()]
    if "stock_location" in inner and "package_items" in inner:
        return Field(name, "places", required, choices.get("stock_location", {}))
    about = next((one for one in _ABOUT_ITEMS if one in inner and one in needed), None)
    if about is not None:
        return Field(
            name, "items", required, columns=[Field(about, "hidden"), *(c for c in columns if c.name != about)]
        )
    return Field(name, "rows", required, columns=columns)


def body_of(form: Form, given: Mapping[str, str], items: Sequence[Item]) -> dict[str, Any]:
    """What was filled in as the body of the command; what was left empty is not in it."""
    body: dict[str, Any] = {"slug": form.slug}
    for one in form.fields:
        value = _value(one, given, items)
        if value not in (None, "", []):
            body[one.name] = value
    return body


def _value(one: Field, given: Mapping[str, str], items: Sequence[Item]) -> Any:
    if one.kind == "items":
        rows = [_item_row(one, given, item) for item in items if given.get(f"{one.name}.{item.id}")]
        return [row[one.columns[0].name] for row in rows] if one.plain else rows
    if one.kind == "rows":
        rows = [
            {
                c.name: value
                for c in one.columns
                if (value := scalar(c, given.get(f"{one.name}.{n}.{c.name}", ""))) != ""
            }
            for n in range(_BLANK_ROWS)
        ]
        return [row for row in rows if row]
    if one.kind == "places":
        return _groups(one, given, items)
    return scalar(one, given.get(one.name, ""))


def _item_row(one: Field, given: Mapping[str, str], item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {one.columns[0].name: item.id}
    for column in one.columns[1:]:
        value = scalar(column, given.get(f"{one.name}.{item.id}.{column.name}", ""))
        if value != "":
            row[column.name] = value
    return row


def _groups(one: Field, given: Mapping[str, str], items: Sequence[Item]) -> list[dict[str, Any]]:
    """Of each item: where it goes, all of it."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        at = given.get(f"{one.name}.{item.id}", "").strip()
        if at:
            groups.setdefault(at, []).append({"id": item.id})
    return [{"stock_location": at, "package_items": rows} for at, rows in groups.items()]


def scalar(one: Field, text: str) -> Any:
    """As JSON has it; a number that is none stays a text, which the API refuses with a sentence."""
    text = text.strip()
    if one.kind == "switch":
        return text == "on"
    if text and (one.kind == "number" or one.name == "denial_reason") and text.isascii() and text.isdigit():
        return int(text[:18])
    return text
