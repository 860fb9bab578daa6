"""A7: a package that its location does not begin in time is taken as refused, and planned elsewhere (spec 1.6)."""

from datetime import timedelta

from domain.kernel import Facts, Given
from domain.order import Order
from domain.package import PackageRefused
from domain.states import PackageStatus

NOT_BEGUN = "not begun in time"
EXCLUDED = timedelta(hours=24)
"""How long the location is left out for these lines, as with a denial reason that says nothing else."""


def not_begun(order: Order | None, package_id: int, version: int, given: Given) -> Facts:
    """The facts for a package that still waits (100) at this version; none where something happened to it."""
    package = order.packages.get(package_id) if order is not None else None
    if package is None or package.state is not PackageStatus.waiting or package.version != version:
        return []
    until = given.now + EXCLUDED
    return [PackageRefused(package=package.id, denial_reason=None, reason=NOT_BEGUN, exclude_until=until)]
