"""C12: a person says which goods of a package go out from where (spec 1.6)."""

from collections import Counter
from dataclasses import dataclass

from domain.kernel import Facts, Given, Reference, command, invalid
from domain.location import Location
from domain.order import Order
from domain.package import NewItem, Package, PackageCreated, PackageItem, PackageLinesReplanned
from domain.package_exceptions import without_transfers
from domain.pieces import Piece, counted, once
from domain.states import PackageStatus

S = PackageStatus
FIELD = "assignment_groups"


@dataclass(frozen=True, slots=True)
class AssignmentGroup:
    """`stock_location` is an erp_code, or the id of a location."""

    package_items: tuple[Piece, ...]
    stock_location: str


@dataclass(frozen=True, slots=True)
class ManualPlanInput:
    """The groups together are exactly all items. `force`: short stock does not refuse it, and is listed."""

    assignment_groups: tuple[AssignmentGroup, ...]
    force: bool = False


@command(
    "package",
    "manual-planning",
    id=41,
    button="Plan by hand",
    source=(
        S.waiting_for_transfer,
        S.waiting,
        S.waiting_remote_action,
        S.preparing,
        S.ready_for_packaging,
        S.needs_rescheduling,
        S.out_of_stock,
    ),
    target=S.cancelled,
    input=ManualPlanInput,
)
def manual_planning(order: Order, package: Package, given_input: ManualPlanInput, given: Given) -> Facts:
    """C12: its goods are assigned to locations by hand, in new packages; it ends."""
    groups = given_input.assignment_groups
    for group in groups:
        if not group.package_items:
            raise invalid(**{FIELD: "A group names its package_items."})
        once(group.package_items, FIELD)
    rows = [(n, row) for n, group in enumerate(groups) for row in group.package_items]
    found = counted(package, ((row.id, row.quantity) for _, row in rows), FIELD)
    _exactly_all(package, found)
    contents: list[list[NewItem]] = [[] for _ in groups]
    kept: set[int] = set()
    for (n, _), (item, pieces) in zip(rows, found, strict=True):
        id = given.ids("package_item") if item.id in kept else item.id
        kept.add(item.id)
        contents[n].append(NewItem(id, item.item, item.sku, pieces))
    locations = [_location(given.reference, group.stock_location) for group in groups]
    return [
        *without_transfers(order, package, "its package was planned by hand"),
        PackageLinesReplanned(package=package.id, moved=tuple((i.id, i.quantity) for i in package.items), emptied=True),
        *(
            PackageCreated(
                package=given.ids("package"),
                number=f"{order.number}P{order.births + n}",
                state=S.waiting,
                born=S.waiting,
                location=location.id,
                items=tuple(items),
                rule="planned by hand",
                forced=given_input.force,
            )
            for n, (location, items) in enumerate(zip(locations, contents, strict=True), 1)
        ),
    ]


def _exactly_all(package: Package, found: list[tuple[PackageItem, int]]) -> None:
    named: Counter[int] = Counter()
    for item, pieces in found:
        named[item.id] += pieces
    left = {item.id: item.quantity - named[item.id] for item in package.items if item.quantity > named[item.id]}
    if left:
        said = ", ".join(f"{pieces} of item {id}" for id, pieces in left.items())
        raise invalid(**{FIELD: f"The groups are together exactly all items; {said} missing."})


def _location(reference: Reference, name: str) -> Location:
    found: Location | None = reference.find("location", name)
    if found is None and name.isdecimal() and len(name) < 10:
        found = reference.one("location", int(name))
    if found is None:
        raise invalid(**{FIELD: f"There is no stock location {name!r}."})
    if not found.profile.is_active:
        raise invalid(**{FIELD: f"Stock location {found.profile.erp_code} is not active."})
    return found
