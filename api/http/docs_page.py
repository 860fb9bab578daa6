"""`/docs`: what openapi.json says, as one page for people, without any resource from outside."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.http.openapi import document
from api.http.routes import ANYBODY, Answer, Call, route

TEMPLATES = Path(__file__).parent / "templates"
_pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@route("GET", "/docs", roles=ANYBODY, tag="docs")
def docs(call: Call) -> Answer:
    """Every path with its method, roles, parameters and body, to read."""
    page, policy = rendered()
    return Answer(
        headers={"Content-Security-Policy": policy}, raw=Response(page, content_type="text/html; charset=utf-8")
    )


@cache
def rendered() -> tuple[str, str]:
    """The page and its Content-Security-Policy: nothing but its own style, known by its hash."""
    style = (TEMPLATES / "docs.css").read_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    page = _pages.get_template("docs.html")
    return page.render(style=_Safe(style), tags=_tags(), objects=_objects(document())), policy


class _Safe(str):
    """Text of ours that is not escaped: the style, whose hash the policy names."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def _tags() -> list[tuple[str, list[dict[str, Any]]]]:
    known = document()
    tags: dict[str, list[dict[str, Any]]] = {}
    for path, methods in known["paths"].items():
        for method, said in methods.items():
            tags.setdefault(said["tags"][0], []).append(_row(known, path, method, said))
    return sorted(tags.items())


def _row(known: dict[str, Any], path: str, method: str, said: dict[str, Any]) -> dict[str, Any]:
    content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "id": said["operationId"],
        "method": method.upper(),
        "path": path,
        "sentence": said["summary"],
        "description": [part for part in said.get("description", "").split("\n\n") if part],
        "open": not said.get("security", [True]),
        "answers": [_answer(status, one) for status, one in sorted(said["responses"].items())],
        "parameters": [
            {
                "name": one["name"],
                "where": one["in"] + (", required" if one.get("required") else ""),
                "sentence": one.get("description", ""),
                "looks": _told(one.get("schema", {})),
            }
            for one in said["parameters"]
        ],
        "bodies": [] if "schema" not in content else _bodies(known, content["schema"]),
        "examples": _examples(content),
    }


def _answer(status: str, said: dict[str, Any]) -> dict[str, Any]:
    """What is answered with this status: a sentence, the names of the objects, examples."""
    contents = said.get("content", {})
    content: dict[str, Any] = next(iter(contents.values())) if contents else {}
    return {
        "status": status,
        "sentence": said.get("description", ""),
        "objects": list(dict.fromkeys(_named(content.get("schema", {})))),
        "examples": _examples(content),
    }


def _named(schema: dict[str, Any]) -> list[str]:
    """The components that a schema leads to at once."""
    if "$ref" in schema:
        return [_called(schema)]
    if "results" in schema.get("properties", {}):
        return _named(schema["properties"]["results"].get("items", {}))
    return [name for way in ("anyOf", "oneOf", "allOf") for one in schema.get(way, ()) for name in _named(one)]


def _examples(content: dict[str, Any]) -> list[tuple[str, str]]:
    found: dict[str, dict[str, Any]] = content.get("examples", {})
    return [(name, json.dumps(one["value"], ensure_ascii=False, indent=1)) for name, one in found.items()]


def _objects(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Every component that is an object, with its fields."""
    found = []
    for name, schema in sorted(known["components"]["schemas"].items()):
        rows = [{"name": field, "sentence": _told(said)} for field, said in schema.get("properties", {}).items()]
        found.append({"name": name, "sentence": schema.get("description", ""), "fields": rows})
    return found


def _called(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _bodies(known: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """One, or one for each that is possible (a command's slug)."""
    name, whole = _called(schema), _resolved(known, schema)
    for way in ("oneOf", "anyOf"):
        if way in whole:
            return [one for inner in whole[way] for one in _bodies(known, inner)]
    fields, required = dict(whole.get("properties", {})), set(whole.get("required", ()))
    for part in whole.get("allOf", ()):
        inner = _resolved(known, part)
        fields |= inner.get("properties", {})
        required |= set(inner.get("required", ()))
    shown = [{"name": n, "required": n in required, "sentence": _told(s)} for n, s in fields.items()]
    return [{"name": name, "sentence": whole.get("description", ""), "fields": shown}]


def _resolved(known: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = known["components"]["schemas"][_called(schema)] if "$ref" in schema else schema
    return found


def _told(schema: dict[str, Any]) -> str:
    """A field in words: its type, what it may be, its bounds, what it is for."""
    kind = schema.get("type", "")
    words = [", ".join(kind) if isinstance(kind, list) else kind]
    if "$ref" in schema:
        words.append(_called(schema))
    for way in ("anyOf", "oneOf", "allOf"):
        words += [" or ".join(_told(one) for one in schema[way])] if way in schema else []
    if kind == "array" and "items" in schema:
        words.append(f"of {_told(schema['items'])}")
    if "enum" in schema:
        words.append("one of " + ", ".join(str(one) for one in schema["enum"]))
    for bound, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("maxItems", "at most")):
        if bound in schema:
            words.append(f"{word} {schema[bound]:,}" + {"maxLength": " characters", "maxItems": " rows"}.get(bound, ""))
    if schema.get("description"):
        words.append(schema["description"])
    return ", ".join(word for word in words if word)
