"""`/api/v1/permission_groups/` (spec 3.2): permissions under a name, given to users besides their roles."""

from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from api.http.input_schemas import Text
from api.http.record_kinds import Set, words
from api.http.records import one, remove, rows, there
from api.http.routes import ADMIN, AUDIT, Answer, Call, route
from api.http.saving import save
from domain import settings
from domain.settings import PermissionGroup
from projections.objects.settings import record_object

PATH = "/api/v1/permission_groups/"
KIND, TITLE = "permission_group", "permission group"


class PermissionGroupBody(Set):
    name = words(required=True)
    permissions = fields.List(
        Text(validate=validate.Length(1, 100)), load_default=list, validate=validate.Length(max=200)
    )


@route("GET", PATH, roles=AUDIT, tag="users")
def list_groups(call: Call) -> Any:
    """Every group, as a plain array."""
    return rows(call, KIND)


@route("POST", PATH, roles=ADMIN, tag="users", body=PermissionGroupBody(), status=201, answers="PermissionGroup")
def create_group(call: Call) -> Answer:
    """Makes a group; a transition may ask for one of its permissions."""
    said = _said(call)

    def decided(before: Any, id: int) -> list[Any]:
        return settings.save(before, PermissionGroup(id, **said))

    saved = save(call, KIND, decided, command="save-permission-group", names=("name",))
    return saved.answer(record_object(saved.state), 201)


@route("GET", f"{PATH}<int:id>/", roles=AUDIT, tag="users", answers="PermissionGroup")
def read_group(call: Call, id: int) -> Answer:
    """A group."""
    group = one(call, KIND, TITLE, id)
    return Answer(record_object(group), headers={"ETag": f'"{group.version}"'})


@route("PUT", f"{PATH}<int:id>/", roles=ADMIN, tag="users", body=PermissionGroupBody(), answers="PermissionGroup")
def put_group(call: Call, id: int) -> Answer:
    """Replaces a group."""
    return _change(call, id)


@route(
    "PATCH",
    f"{PATH}<int:id>/",
    roles=ADMIN,
    tag="users",
    body=PermissionGroupBody(partial=True),
    answers="PermissionGroup",
)
def patch_group(call: Call, id: int) -> Answer:
    """Changes a group."""
    return _change(call, id)


@route("DELETE", f"{PATH}<int:id>/", roles=ADMIN, tag="users", status=204)
def remove_group(call: Call, id: int) -> Answer:
    """Removes a group; its permissions are gone from its users at once."""
    return remove(call, KIND, TITLE, id)


def _change(call: Call, id: int) -> Answer:
    said = _said(call)

    def decided(before: Any, id: int) -> list[Any]:
        return settings.save(before, replace(there(before, TITLE, id), **said))

    saved = save(call, KIND, decided, command="save-permission-group", names=("name",), id=id)
    return saved.answer(record_object(saved.state))


def _said(call: Call) -> dict[str, Any]:
    said = dict(call.body)
    if "permissions" in said:
        said["permissions"] = tuple(dict.fromkeys(said["permissions"]))
    return said
