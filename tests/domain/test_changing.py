"""A record with some fields changed is what `dataclasses.replace` makes."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.changing import replace
from domain.location import Address
from domain.order import Destination
from domain.personal import Personal


@dataclass(frozen=True, slots=True)
class One:
    name: str = ""


@dataclass(frozen=True, slots=True)
class Watchful:
    name: str = ""

    def __post_init__(self) -> None:
        raise AssertionError("never asked")


@dataclass(frozen=True)
class Loose:
    name: str = field(default="")


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (One("a"), {"name": "b"}),
        (One("a"), {}),
        (Personal("k", "s"), {"sealed": "t"}),
        (Destination("GB", "Leeds"), {"latitude": 53.8, "longitude": -1.55}),
        (Address(), {"city": {"name": "York"}}),
    ],
)
def test_it_is_as_dataclasses_make_it(record: Any, changes: dict[str, Any]) -> None:
    before = dataclasses.astuple(record)
    made = replace(record, **changes)
    assert made == dataclasses.replace(record, **changes) and type(made) is type(record)
    assert dataclasses.astuple(record) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, "c")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="no field 'colour'"):
        replace(One(), colour="red")  # type: ignore[call-arg]  # that is tried


@pytest.mark.parametrize("record", [object.__new__(Watchful), Loose()])
def test_what_is_no_plain_record_is_refused(record: Any) -> None:
    with pytest.raises(TypeError, match="no plain record"):
        replace(record, name="b")
