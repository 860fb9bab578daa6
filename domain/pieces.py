"""Pieces of package items as a request names them: by id, whole, or `{id, quantity}` (spec 1.6)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.kernel import Facts, Given, invalid
from domain.package import Package, PackageItem
from domain.package_items import PackageItemCut


@dataclass(frozen=True, slots=True)
class Piece:
    """`quantity` pieces of a package item; all of them where it is not said."""

    id: int
    quantity: int | None = None


def item_of(package: Package, id: int, field: str = "package_items") -> PackageItem:
    """The package item with this id, or a refusal that names those there are."""
    for item in package.items:
        if item.id == id:
            return item
    raise invalid(**{field: f"{id} is not an item of {package.number}; it has {[i.id for i in package.items]}."})


def counted(
    package: Package, rows: Iterable[tuple[int, int | None]], field: str = "package_items"
) -> list[tuple[PackageItem, int]]:
    """Each row's item and pieces, in the order of the rows. Refuses unknown items, and more pieces than an item has."""
    named: Counter[int] = Counter()
    found = []
    for id, quantity in rows:
        item = item_of(package, id, field)
        pieces = item.quantity if quantity is None else quantity
        named[id] += pieces
        if pieces < 1 or named[id] > item.quantity:
            raise invalid(**{field: f"Item {id} has {item.quantity} pieces: name 1 to {item.quantity}, each once."})
        found.append((item, pieces))
    return found


def once(rows: Iterable[Piece], field: str = "package_items") -> None:
    """Refuses an item that is named twice."""
    twice = [id for id, times in Counter(row.id for row in rows).items() if times > 1]
    if twice:
        raise invalid(**{field: f"Item {twice[0]} is named twice."})


def cut(package: Package, rows: Iterable[tuple[PackageItem, int]], given: Given) -> tuple[Facts, list[int]]:
    """The facts that make each row's pieces an item of their own, and the ids these have then. The rest keeps the id;
    where nothing else is left, the first row does."""
    rows = list(rows)
    left = {i.id: i.quantity for i in package.items}
    for item, pieces in rows:
        left[item.id] -= pieces
    whole = {id for id, pieces in left.items() if pieces == 0}
    facts: Facts = []
    ids = []
    for item, pieces in rows:
        if item.id in whole:
            whole.remove(item.id)
            ids.append(item.id)
            continue
        ids.append(given.ids("package_item"))
        facts.append(PackageItemCut(package=package.id, item=item.id, quantity=pieces, cut=ids[-1]))
    return facts, ids
