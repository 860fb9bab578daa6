"""What an answer has just named can be read and commanded at once, though the read models are some events behind."""

from domain.planning import Placement
from tests.api.site import Site, order


def test_an_order_just_taken_in(site: Site) -> None:
    for n in range(40):
        made = site.admin.post("orders/", order(f"BORN-{n}"))
        assert site.admin.get(f"orders/{made['id']}/")["number"] == f"BORN-{n}"


def test_a_package_that_its_order_has_just_named(site: Site) -> None:
    for _ in range(40):
        assert site.admin.get(f"packages/{_just_planned(site)}/")["state"]["enum_value"] == "100"


def test_a_package_just_planned_is_commanded(site: Site) -> None:
    for _ in range(40):
        assert site.admin.command(_just_planned(site), "start-preparing").status_code == 204


def test_its_history(site: Site) -> None:
    for _ in range(40):
        assert len(site.admin.get(f"audit/package/{_just_planned(site)}/history/")["results"]) == 1


def _just_planned(site: Site) -> int:
    """A package of which nobody has waited until it was in the read models."""
    made = site.order()
    lines = tuple((row["id"], row["quantity"]) for row in made["orderitem_set"])
    site.record(f"order-{made['id']}", Placement(site.places["WH-01"], "by the test", lines))
    (package,) = site.log.state(f"order-{made['id']}").state.packages
    return package
