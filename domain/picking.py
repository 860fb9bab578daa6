"""What pickers say of single items: C27 replaces goods, C13 begins picking with all that is known (spec 1.6)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.changing import replace
from domain.kernel import Facts, Given, command, invalid
from domain.order import Order
from domain.package import Package, PackageNotFound, PackagePreparing
from domain.package import evolve as evolve_package
from domain.package_items import PackageItemReplaced, PackageItemsScanned
from domain.package_missing import MissingItem, leave
from domain.pieces import counted, cut
from domain.states import PackageStatus

S = PackageStatus


@dataclass(frozen=True, slots=True)
class Replacement:
    """`quantity` pieces of the package item, all of them where it is not said, are replaced by `sku`."""

    package_item: int
    sku: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class ReplaceInput:
    replacement_products: tuple[Replacement, ...]


@command(
    "package",
    "replace-product",
    id=56,
    button="Replace",
    source=(S.waiting, S.preparing),
    input=ReplaceInput,
    aliases=("REPLACE_PRODUCT",),
)
def replace_product(_order: Order, package: Package, given_input: ReplaceInput, given: Given) -> Facts:
    """C27: goods are replaced by others of this location, which count for their order item."""
    if not given_input.replacement_products:
        raise invalid(replacement_products="Name at least one replacement.")
    return replaced(package, given_input.replacement_products, given)


FIELD = "replacement_products"


def replaced(package: Package, rows: Iterable[Replacement], given: Given) -> Facts:
    """The facts of replacements; an item that is the SKU already gives none."""
    rows = tuple(replace(row, sku=row.sku.strip()) for row in rows)
    if any(not row.sku for row in rows):
        raise invalid(**{FIELD: "A replacement names its SKU."})
    twice = [key for key, times in Counter((row.package_item, row.sku) for row in rows).items() if times > 1]
    if twice:
        raise invalid(**{FIELD: f"Item {twice[0][0]} is replaced by {twice[0][1]} twice."})
    found = counted(package, ((row.package_item, row.quantity) for row in rows), FIELD)
    todo = [(item, pieces, row.sku) for row, (item, pieces) in zip(rows, found, strict=True) if item.sku != row.sku]
    facts, ids = cut(package, [(item, pieces) for item, pieces, _ in todo], given)
    facts += [
        PackageItemReplaced(package=package.id, item=id, was=item.sku, sku=sku)
        for id, (item, _, sku) in zip(ids, todo, strict=True)
    ]
    return facts


@dataclass(frozen=True, slots=True)
class Scanned:
    """A barcode, and the package item it is of, as `package_item` or `id`."""

    barcode: str
    package_item: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class PrepareInput:
    """`select_items_by_omnitron_id`: items are named by the `omnitron_id` of their order item."""

    missing_items: tuple[MissingItem, ...] = ()
    replacement_products: tuple[Replacement, ...] = ()
    barcodes: tuple[Scanned, ...] = ()
    select_items_by_omnitron_id: bool = False


@command(
    "package",
    "prepare-package",
    id=42,
    button="Prepare",
    source=(S.waiting,),
    target=S.preparing,
    input=PrepareInput,
    aliases=("PREPARE_PACKAGE_COMMAND",),
)
def prepare_package(order: Order, package: Package, given_input: PrepareInput, given: Given) -> Facts:
    """C13: picking begins with what is known: missing goods leave, others replace some, barcodes are kept."""
    if given_input.select_items_by_omnitron_id:
        given_input = _by_package_item(order, package, given_input)
    facts: Facts = []
    if given_input.missing_items:
        facts += leave(package, given_input.missing_items, given, "missing_items")
        if isinstance(facts[-1], PackageNotFound):
            return facts
    left = package
    for fact in facts:
        left = evolve_package(left, fact, given.now)
    barcodes = _scanned(left, given_input.barcodes)
    if barcodes:
        facts.append(PackageItemsScanned(package=package.id, items=barcodes))
    facts += replaced(left, given_input.replacement_products, given)
    return [*facts, PackagePreparing(package=package.id)]


def _scanned(package: Package, rows: tuple[Scanned, ...]) -> tuple[tuple[int, str], ...]:
    """(package item, barcode). Refuses unknown items, and two barcodes of one item."""
    found: dict[int, str] = {}
    for row in rows:
        id = row.id if row.package_item is None else row.package_item
        if id is None:
            raise invalid(barcodes="A barcode names its item: `package_item`.")
        (item, _), *_ = counted(package, [(id, None)], "barcodes")
        if found.setdefault(item.id, row.barcode) != row.barcode:
            raise invalid(barcodes=f"Item {item.id} has two barcodes.")
    return tuple(found.items())


def _by_package_item(order: Order, package: Package, said: PrepareInput) -> PrepareInput:
    """The same with the ids of package items: the first one of the order item that is meant."""
    omnitron = {line.id: line.omnitron_id for line in order.items}
    item_of: dict[int | None, int] = {}
    for item in package.items:
        item_of.setdefault(omnitron[item.item], item.id)

    def known(id: int | None, field: str) -> int:
        if id is None or id not in item_of:
            ids = [known for known in item_of if known is not None]
            raise invalid(**{field: f"{id} is not the omnitron id of an item of {package.number}; it has {ids}."})
        return item_of[id]

    return PrepareInput(
        missing_items=tuple(replace(row, id=known(row.id, "missing_items")) for row in said.missing_items),
        replacement_products=tuple(
            replace(row, package_item=known(row.package_item, FIELD)) for row in said.replacement_products
        ),
        barcodes=tuple(
            replace(row, package_item=known(row.id if row.package_item is None else row.package_item, "barcodes"))
            for row in said.barcodes
        ),
    )
