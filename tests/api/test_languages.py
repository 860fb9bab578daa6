"""Names of states in English and Turkish (spec 7, State), as `Accept-Language` likes them."""

from typing import Any

import pytest

from domain.states import TURKISH
from tests.api.site import Site


def test_every_state_has_both_names(site: Site) -> None:
    rows = site.admin.get("states/?limit=100")["results"]
    assert len(rows) == 90 and len({row["id"] for row in rows}) == 90
    for row in rows:
        turkish, english = (row["translations"][tag]["name"] for tag in ("tr-tr", "en-us"))
        assert turkish and english and row["name"] == english
        names: Any = TURKISH[row["enum_class"].replace("PackageItem", "Package")]
        assert turkish in names.values()


@pytest.mark.parametrize(
    ("liked", "name"),
    [
        ("tr", "Bekliyor"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "Bekliyor"),
        ("TR_tr", "Bekliyor"),
        ("de, tr;q=0.5, en;q=0.4", "Bekliyor"),
        ("en, tr;q=0.5", "Waiting"),
        ("tr;q=0, de", "Waiting"),
        ("*", "Waiting"),
        ("", "Waiting"),
        ("nonsense;;;q=x", "Waiting"),
    ],
)
def test_the_name_is_in_the_language_that_is_liked(site: Site, liked: str, name: str) -> None:
    package = site.package()
    answer = site.admin("GET", f"packages/{package}/", Accept_Language=liked)
    shown = answer.json()
    states = [shown["state"], shown["packageitem_set"][0]["state"]]
    assert [state["name"] for state in states] == [name, name]
    assert answer.headers["Content-Language"] == ("tr-tr" if name == "Bekliyor" else "en-us")
    assert states[0]["translations"]["en-us"] == {"name": "Waiting"}
    listed = site.admin.get(f"packages/?id={package}", Accept_Language=liked)["results"]
    assert listed[0]["state"]["name"] == name
    assert site.admin.get(f"packages/{package}/")["state"]["name"] == "Waiting", "what is shared stays as it was"
