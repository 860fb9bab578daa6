"""`settings/application_settings/` (spec 3.2, 7): keys of an enum, each value checked by its own schema."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from api.http import seller_center
from api.http.input_schemas import Text
from api.http.paging import PARAMETERS, page_of_all
from api.http.plain_json import plain
from api.http.record_kinds import Set
from api.http.records import one, there
from api.http.routes import ADMIN, AUDIT, NOTHING, OMS, Answer, Call, route
from api.http.saving import save
from api.http.sealing import masked, put_away
from api.http.setting_schemas import VALUES
from domain import settings
from domain.application_settings import SETTING_KEYS, ApplicationSetting
from domain.kinds import stream_of
from integrations.order_source.connection import SETTING
from projections.objects.settings import record_object

PATH = f"{OMS}/settings/application_settings/"
KIND, TITLE = "application_setting", "application setting"


class SettingBody(Set):
    key = Text(required=True, validate=validate.OneOf(list(SETTING_KEYS)))
    json_value = fields.Raw(required=True, allow_none=True)


class ChangedSettingBody(Set):
    key = Text(validate=validate.OneOf(list(SETTING_KEYS)))
    json_value = fields.Raw(required=True, allow_none=True)


@route(
    "GET",
    PATH,
    roles=AUDIT,
    tag="settings",
    query={**PARAMETERS, "key": "Only the one of this key."},
    answers="[ApplicationSetting]",
)
def list_settings(call: Call) -> Answer:
    """A page of what is set; secrets are masked."""
    call.log.reference.refresh()
    return page_of_all(call, [_shown(record) for record in call.log.reference.all(KIND)], ("key",))


@route("POST", PATH, roles=ADMIN, tag="settings", body=SettingBody(), status=201, answers=NOTHING)
def create_setting(call: Call) -> Answer:
    """Sets what was not set yet; the key says of which shape the value is."""
    key, value = call.body["key"], _checked(call.body["key"], call.body["json_value"])
    if key == SETTING:
        seller_center.check(value, call.services)
    value = put_away(call, "json_value", value, None)

    def decided(before: Any, id: int) -> list[Any]:
        return settings.save(before, ApplicationSetting(id, key, value))

    saved = save(call, KIND, decided, command="save-setting", names=("key",), said={"key": key, "json_value": value})
    _then(call, key)
    return Answer(None, 201, {**saved.headers, "Location": f"{PATH}{saved.id}/"})


@route("GET", f"{PATH}<int:id>/", roles=AUDIT, tag="settings", answers="ApplicationSetting")
def read_setting(call: Call, id: int) -> Answer:
    """A setting; secrets are masked."""
    record = one(call, KIND, TITLE, id)
    return Answer(_shown(record), headers={"ETag": f'"{record.version}"'})


@route("PUT", f"{PATH}<int:id>/", roles=ADMIN, tag="settings", body=ChangedSettingBody(), status=204)
def put_setting(call: Call, id: int) -> Answer:
    """Sets a value anew; a secret that is said masked stays as it is."""
    record = there(call.log.state(stream_of(KIND, id)).state, TITLE, id)
    if call.body.get("key", record.key) != record.key:
        raise ValidationError({"key": [f"The key of a setting stays; it is {record.key}."]})
    checked = _checked(record.key, call.body["json_value"])
    if record.key == SETTING:
        seller_center.check(checked, call.services)
    value = put_away(call, "json_value", checked, record.json_value)

    def decided(before: Any, id: int) -> list[Any]:
        return settings.save(there(before, TITLE, id), ApplicationSetting(id, record.key, value))

    saved = save(call, KIND, decided, command="save-setting", names=("key",), id=id, said={"json_value": value})
    _then(call, record.key)
    return saved.answer(None, 204)


def _then(call: Call, key: str) -> None:
    """What follows a setting at once; the job "order-pull" sees to it as well, should this process end here."""
    if key == SETTING:
        seller_center.follow(call.services)


def _checked(key: str, value: Any) -> Any:
    checked = Schema.from_dict({"json_value": VALUES[key]})().load({"json_value": plain(value)})
    return checked["json_value"]


def _shown(record: ApplicationSetting) -> dict[str, Any]:
    return {**record_object(record), "json_value": masked(record.json_value)}
