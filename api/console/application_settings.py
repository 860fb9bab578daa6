"""Application settings (spec 3.2, 6.4): what is set and what holds while nothing is; seen by support, set by admins."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from api.console.frame import NAVIGATION, Link, Visit, back, page, say
from api.console.inside import Refused
from api.console.json_editing import Edited, marked
from api.console.setting_forms import Control, control_of
from domain.application_settings import SETTING_KEYS

HERE = "/console/settings/"
API = "settings/application_settings/"
NAVIGATION.append(Link("Settings", HERE, API, 75))

_NUMBERED = re.compile(r"\.(\d+)(?=\.|$)")


@page(HERE)
def application_settings(visit: Visit) -> Response:
    kept = {row["key"]: row for row in visit.api.every(API)}
    rows = [
        (key, known.sentence, kept.get(key), kept[key]["json_value"] if key in kept else known.default)
        for key, known in SETTING_KEYS.items()
    ]
    return visit.show("settings.html", rows=rows)


@page(f"{HERE}<key>/", methods=("GET", "POST"))
def application_setting(visit: Visit, key: str) -> Response:
    """POST sets it, at the version that was seen."""
    if key not in SETTING_KEYS:
        raise Refused(404, {"message": f"There is no setting {key[:50]}."}, {})
    control, edited = control_of(key), None
    if request.method == "POST":
        done = _save(visit, key, control)
        if not isinstance(done, Edited):
            return say(visit, back(f"{HERE}{key}/"), "It is saved, and holds from now on.")
        edited = done
    row, version = _kept(visit, key)
    value = SETTING_KEYS[key].default if row is None else row["json_value"]
    events = [] if row is None else visit.api.get(f"audit/application_setting/{row['id']}/history/")["results"]
    return visit.show(
        "setting.html",
        400 if edited else 200,
        key=key,
        sentence=SETTING_KEYS[key].sentence,
        row=row,
        version=version,
        control=control,
        text=edited.text if edited else control.shown(value),
        default=control.shown(SETTING_KEYS[key].default),
        edited=edited,
        events=events,
        may=visit.api.may("POST", API),
    )


def _kept(visit: Visit, key: str) -> tuple[dict[str, Any] | None, str]:
    """What is set, and its version; (None, "") where nothing is."""
    rows = visit.api.get(API, key=key)["results"]
    if not rows:
        return None, ""
    reply = visit.api.ask("GET", f"{API}{rows[0]['id']}/")
    return reply.json, reply.headers["ETag"].strip('"')


def _save(visit: Visit, key: str, control: Control) -> Edited | None:
    text = request.form.get("value", "").replace("\r\n", "\n")
    value = control.read(text)
    if isinstance(value, Edited):
        return value
    id, version = request.form.get("id", "")[:18], request.form.get("version", "")[:18]
    body = {"key": key, "json_value": value}
    try:
        if id:
            visit.api.ask("PUT", f"{API}{id}/", body, headers={"If-Match": f'"{version}"'} if version else {})
        else:
            visit.api.post(API, body)
    except Refused as refused:
        if refused.status not in (400, 412):
            raise
        if control.kind == "json":
            return marked(text, refused.message, _places(refused))
        return Edited(text, " ".join(refused.fields.values()) or refused.message, [])
    return None


def _places(refused: Refused) -> Iterator[tuple[str, str]]:
    """`json_value.0.states` of the API's answer as `[0].states`."""
    for field, told in refused.fields.items():
        yield _NUMBERED.sub(r"[\1]", f".{field}".removeprefix(".json_value")).removeprefix("."), told
