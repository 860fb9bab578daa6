"""Users (spec 3.1): who may call, in which roles, at which locations. Passwords and keys are never events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.http.details import not_found
from api.http.dry_run import DryRun
from api.http.input_schemas import Text, Whole
from api.http.keys import keys_of
from api.http.keys import revoke as revoke_key
from api.http.login import SHORTEST_PASSWORD, UNKEPT
from api.http.paging import PARAMETERS, page_of_all
from api.http.passwords import set_password
from api.http.record_kinds import Set, switch, words
from api.http.records import one, there
from api.http.routes import ADMIN, OMS, Answer, Call, route
from api.http.saving import save
from api.http.users import ROLES, revoke_keys
from domain import settings
from domain.kinds import stream_of
from domain.settings import User, is_admin
from projections.objects.settings import record_object


class UserBody(Set):
    username = words(150, required=True)
    password = fields.String(required=True, load_only=True, validate=validate.Length(SHORTEST_PASSWORD, 1000))
    roles = fields.List(Text(validate=validate.OneOf(ROLES)), required=True, validate=validate.Length(min=1))
    locations = fields.List(words(100), load_default=list, validate=validate.Length(max=5000))
    is_active = switch()
    groups = fields.List(Whole(), load_default=list, validate=validate.Length(max=200))


@route("GET", f"{OMS}/users/", roles=ADMIN, tag="users", query={**PARAMETERS, "username": "Only the one of this name."})
def users(call: Call) -> Answer:
    """A page of users."""
    call.log.reference.refresh()
    return page_of_all(call, [_shown(call, user) for user in call.log.reference.all("user")], ("username", "is_active"))


@route("POST", f"{OMS}/users/", roles=ADMIN, tag="users", body=UserBody(), status=201)
def create(call: Call) -> Answer:
    """Makes a user; `locations` are erp codes, which limit one with the role store."""
    said = _read(call)
    password = said.pop("password")

    def decided(before: Any, id: int) -> list[Any]:
        return settings.save(before, User(id, **said))

    def password_first(id: int) -> None:
        set_password(call.log, id, password)

    names = ("username",)
    saved = save(call, "user", decided, command="save-user", names=names, said=said, before_append=password_first)
    return saved.answer(_shown(call, saved.state), 201)


@route("GET", f"{OMS}/users/<int:id>/", roles=ADMIN, tag="users")
def read(call: Call, id: int) -> Answer:
    """A user."""
    user = one(call, "user", "user", id)
    return Answer(_shown(call, user), headers={"ETag": f'"{user.version}"'})


@route("PATCH", f"{OMS}/users/<int:id>/", roles=ADMIN, tag="users", body=UserBody(partial=True))
def patch(call: Call, id: int) -> Answer:
    """Changes a user; a new password makes all keys of the user worthless."""
    said = _read(call)
    password = said.pop("password", None)
    if id == call.caller.id and ("admin" not in said.get("roles", ["admin"]) or not said.get("is_active", True)):
        raise ValidationError({"roles": ["Nobody takes the role of an admin from themselves."]})

    def decided(before: Any, id: int) -> list[Any]:
        there(before, "user", id)
        if said.get("username", before.username) != before.username:
            raise ValidationError({"username": [f"The name of a user stays; it is {before.username}."]})
        return settings.save(before, replace(before, **said))

    def relies_on(before: User, after: User) -> Mapping[str, int]:
        return _another_admin(call, id) if is_admin(before) and not is_admin(after) else {}

    names = ("username",)
    saved = save(call, "user", decided, command="save-user", names=names, id=id, said=said, relies_on=relies_on)
    if password is not None:
        set_password(call.log, id, password)
    return saved.answer(_shown(call, saved.state))


@route("POST", f"{OMS}/users/<int:id>/revoke/", roles=ADMIN, tag="users", unkept=UNKEPT)
def revoke(call: Call, id: int) -> dict[str, Any]:
    """Revokes every key of a user; within a second none of them is known any more."""
    one(call, "user", "user", id)
    if call.dry:
        raise DryRun([])
    return {"revoked": revoke_keys(call.log, id)}


@route("GET", f"{OMS}/users/<int:id>/keys/", roles=ADMIN, tag="users")
def keys(call: Call, id: int) -> Any:
    """The keys of a user that are still good, the newest first; not the keys themselves."""
    one(call, "user", "user", id)
    with call.services.pool.connection() as connection:
        return keys_of(connection, id, call.caller.key)


@route("DELETE", f"{OMS}/users/<int:id>/keys/<int:key>/", roles=ADMIN, tag="users", status=204, unkept=UNKEPT)
def revoke_one(call: Call, id: int, key: int) -> Answer:
    """Takes back one key of a user."""
    one(call, "user", "user", id)
    with call.log.listening() as connection:
        there = key in [row["id"] for row in keys_of(connection, id)]
        if there and call.dry:
            raise DryRun([])
        if not there or not revoke_key(connection, id, id=key):
            raise not_found("key", key)
    return Answer(None, 204)


def _another_admin(call: Call, id: int) -> Mapping[str, int]:
    """The stream of one who stays an admin, at the version at which they are one: of two admins who take the role from
    each other at the same moment, one is refused."""
    call.log.reference.refresh()
    for user in call.log.reference.all("user"):
        stream = stream_of("user", user.id)
        if user.id != id and is_admin(user) and is_admin((held := call.log.state(stream)).state):
            return {stream: held.version}
    raise ValidationError({"roles": ["There is no other admin; somebody has to be one."]})


def _read(call: Call) -> dict[str, Any]:
    """A body as fields of the record, and the password."""
    said = dict(call.body)
    if "roles" in said:
        said["roles"] = tuple(dict.fromkeys(said["roles"]))
    if "locations" in said:
        said["locations"] = _ids(call, said["locations"])
    if "groups" in said:
        said["groups"] = _groups(call, said["groups"])
    return said


def _ids(call: Call, codes: Sequence[str]) -> tuple[int, ...]:
    call.log.reference.refresh()
    known = {location.profile.erp_code: location.id for location in call.log.reference.all("location")}
    lost = [code for code in codes if code not in known]
    if lost:
        raise ValidationError({"locations": [f"There is no location {code}." for code in lost[:10]]})
    return tuple(dict.fromkeys(known[code] for code in codes))


def _groups(call: Call, ids: Sequence[int]) -> tuple[int, ...]:
    found = {group.id for group in call.log.reference.all("permission_group") if not group.removed}
    lost = [id for id in ids if id not in found]
    if lost:
        raise ValidationError({"groups": [f"There is no permission group {id}." for id in lost[:10]]})
    return tuple(dict.fromkeys(ids))


def _shown(call: Call, user: User) -> dict[str, Any]:
    found = (call.log.reference.one("location", id) for id in user.locations)
    return {**record_object(user), "locations": [at.profile.erp_code for at in found if at is not None]}
