"""`transitions/` (spec 3.2, 7): every command as declared and as this installation has set it."""

import re
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.http.details import not_found
from api.http.errors import WrongInput
from api.http.input_schemas import BIG, Switch, Text, Whole
from api.http.paging import PARAMETERS, page_of_all
from api.http.record_kinds import Set
from api.http.routes import ADMIN, COMMON, OMS, READ, Answer, Call, route
from api.http.saving import save
from api.http.sealing import masked, put_away
from api.http.setting_schemas import Calls
from domain import settings
from domain.kernel import COMMANDS, Command, Reference
from domain.transition_settings import TransitionSetting, calls_of, setting_of
from projections.objects.allowed import input_schema

FILTERS = ("object", "slug", "is_active")


def _slug(text: str) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,99}", text):
        raise ValidationError("Up to 100 letters, digits, - and _, the first a letter: no number is a slug.")


class TransitionBody(Set):
    """null for `id` or `slug`: as declared again."""

    id = Whole(allow_none=True, validate=validate.Range(1, BIG))
    slug = Text(allow_none=True, validate=_slug)
    is_active = Switch()
    settings = fields.Nested(Calls)
    permissions = fields.List(Text(validate=validate.Length(1, 100)), validate=validate.Length(max=50))


@route(
    "GET",
    f"{OMS}/transitions/",
    roles=READ,
    tag="transitions",
    query={**PARAMETERS, **{name: f"Only with this {name.replace('_', ' ')}." for name in FILTERS}},
    answers="[Transition]",
    reach=COMMON,
)
def list_transitions(call: Call) -> Answer:
    """Every command, the states it runs from, its input, and how it is set here."""
    call.log.reference.refresh()
    rows = [_shown(call.log.reference, command) for command in sorted(COMMANDS.values(), key=lambda c: c.id)]
    return page_of_all(call, rows, FILTERS)


@route("GET", f"{OMS}/transitions/<int:id>/", roles=READ, tag="transitions", answers="Transition", reach=COMMON)
def transition(call: Call, id: int) -> Answer:
    """A command by its numeric id, declared or the installation's own."""
    call.log.reference.refresh()
    command = _command(call, id)
    version = setting_of(call.log.reference, command).version
    return Answer(_shown(call.log.reference, command), headers={"ETag": f'"{version}"'})


@route(
    "PATCH",
    f"{OMS}/transitions/<int:id>/",
    roles=ADMIN,
    tag="transitions",
    body=TransitionBody(partial=True),
    answers="Transition",
)
def change_transition(call: Call, id: int) -> Answer:
    """Sets a command: own id and slug, switched off or on, what follows it, permissions it needs besides a role."""
    call.log.reference.refresh()
    command = _command(call, id)
    said = dict(call.body)
    if "settings" in said:
        before = setting_of(call.log.reference, command).settings
        said["settings"] = put_away(call, "settings", {**before, **said["settings"]}, before)
    if "permissions" in said:
        said["permissions"] = tuple(dict.fromkeys(said["permissions"]))
    if "id" in said:
        said["number"] = _own(said.pop("id"), command.id)
    if "slug" in said:
        said["slug"] = _own(said["slug"], command.slug)
    _not_anothers(said, command)

    def decided(state: TransitionSetting | None, id: int) -> list[Any]:
        return settings.save(state, replace(state or TransitionSetting(id), **said))

    names = ("slug", "number")
    try:
        saved = save(call, "transition", decided, command="set-transition", names=names, id=command.id, said=said)
    except WrongInput as wrong:
        raise WrongInput(
            **{"id" if name == "number" else name: texts for name, texts in wrong.fields.items()}
        ) from None
    return saved.answer(_shown_as(saved.state, command, call.log.reference))


def _command(call: Call, id: int) -> Command:
    own = call.log.reference.find("transition", str(id))
    wanted = id if own is None else own.id
    found = next((command for command in COMMANDS.values() if command.id == wanted), None)
    if found is None:
        raise not_found("transition", id)
    return found


def _own(said: Any, declared: Any) -> Any:
    return None if said == declared else said


def _not_anothers(said: dict[str, Any], command: Command) -> None:
    """What is declared for one command is never another's."""
    for other in COMMANDS.values():
        if other is not command:
            if said.get("number") == other.id:
                raise ValidationError({"id": [f"It is the id of {other.slug}."]})
            if said.get("slug") in (other.slug, *other.aliases):
                raise ValidationError({"slug": [f"It is a name of {other.slug}."]})


def _shown(reference: Reference, command: Command) -> dict[str, Any]:
    return _shown_as(setting_of(reference, command), command, reference)


def _shown_as(setting: TransitionSetting, command: Command, reference: Reference) -> dict[str, Any]:
    return {
        "id": setting.number or command.id,
        "slug": setting.slug or command.slug,
        "aliases": [*command.aliases, *((command.slug,) if setting.slug else ())],
        "name": command.button,
        "description": command.sentence,
        "object": command.object,
        "source_states": [str(state.value) for state in command.source],
        "target_state": None if command.target is None else str(command.target.value),
        "is_active": setting.is_active,
        "settings": masked(calls_of(reference, command, setting.settings)),
        "permissions": list(setting.permissions),
        "input_schema": input_schema(command),
    }
