"""What a person decides on a cancellation that waits (930): C31 declines it; C26 carries it out (spec 1.6)."""

from dataclasses import dataclass

from domain.cancelling import PackageCancellationDeclined
from domain.kernel import Facts, Given, command
from domain.order import Order
from domain.package import Package
from domain.states import PackageStatus


@dataclass(frozen=True, slots=True)
class DeclineInput:
    reason: str = ""


@command(
    "package",
    "decline-cancellation",
    id=60,
    button="Decline cancellation",
    source=(PackageStatus.cancellation_waiting,),
    input=DeclineInput,
)
def decline_cancellation(_order: Order, package: Package, given_input: DeclineInput, _given: Given) -> Facts:
    """C31: it is not cancelled; the package goes on in the state before."""
    return [PackageCancellationDeclined(package=package.id, reason=given_input.reason)]
