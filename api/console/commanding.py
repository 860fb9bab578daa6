"""Running a command from a page: at the version that was seen, and once, however often the button is pressed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from api.console.command_forms import Form, Item, body_of, forms
from api.console.frame import Visit, back, say
from api.console.inside import Refused

CHOSEN_FROM = {"denial_reason": "packages/package_denial_reason/", "cargo_company": "cargo-companies/"}


@dataclass(frozen=True)
class Commands:
    """What may be done with an object now. `key` goes with each form and is its Idempotency-Key; `refused`: what came
    of the last try, of the form `tried`; `given`: what had been filled in."""

    forms: Sequence[Form]
    items: Sequence[Item]
    version: str
    key: str
    action: str
    refused: Refused | None = None
    tried: str = ""
    given: Any = None

    def value(self, form: Form, name: str, otherwise: Any = "") -> Any:
        return self.given.get(name, "") if self.given is not None and form.slug == self.tried else otherwise


def commands_of(
    visit: Visit, path: str, shown: dict[str, Any], version: str, items: Sequence[Item], **tried: Any
) -> Commands | None:
    """`path`: of the object below the API's, like `packages/5/`; None where the visitor may command nothing."""
    if not visit.api.may("POST", f"{path}command/"):
        return None
    wanted = {name for one in shown["commands"] for name in CHOSEN_FROM if name in str(one["input_schema"])}
    choices = {name: _choices(visit, name) for name in wanted}
    made = forms(shown["commands"], choices)
    return Commands(made, items, version, secrets.token_urlsafe(12), f"/console/{path}command/", **tried)


def _choices(visit: Visit, name: str) -> dict[str, str]:
    rows = visit.api.get(CHOSEN_FROM[name], limit="100")["results"]
    if name == "denial_reason":
        return {str(row["id"]): row["title"] for row in rows if row["is_active"]}
    return {row["slug"]: row["name"] for row in rows}


def run(visit: Visit, path: str, items: Sequence[Item]) -> Response | Refused:
    """The command of the form that was sent; a refusal is given back, to be shown beside the form. Whether it may run
    is the API's to say: the form may have come twice, and the first has led on."""
    slug = request.form.get("slug", "")[:100]
    known = forms(visit.api.get("transitions/", slug=slug)["results"] if slug else [], {})
    form = known[0] if known else Form(slug, slug, (), "")
    headers = {"Idempotency-Key": request.form.get("key", "")[:100] or secrets.token_urlsafe(12)}
    if request.form.get("version"):
        headers["If-Match"] = f'"{request.form["version"][:18]}"'
    try:
        visit.api.ask("POST", f"{path}command/", body_of(form, request.form, items), headers=headers)
    except Refused as refused:
        return refused
    return say(visit, back(f"/console/{path}"), f"Done: {form.button}.")
