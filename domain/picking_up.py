"""Handing a package to its customer (C24, C25), with a one-time code where those are on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.application_settings import value_of
from domain.changing import replace
from domain.kernel import Facts, Given, Reference, Refusal, command, invalid
from domain.order import Order
from domain.package import Package, evolve
from domain.personal import Personal
from domain.pickup import (
    CodeFact,
    PackagePickedUp,
    PackageReadyForPickup,
    PickupCodeExpired,
    PickupCodeMade,
    PickupCodeRejected,
    PickupCodeSent,
    after,
    is_code,
)
from domain.states import PackageStatus

S = PackageStatus
TRIES, MINUTES, DIGITS = 5, 24 * 60, 6


# --- evolve


@evolve.on(PackageReadyForPickup, PickupCodeMade, PickupCodeRejected, PickupCodeExpired)
def _waits(package: Package, fact: CodeFact, _at: Any) -> Package:
    state = S.ready_for_pickup if isinstance(fact, PackageReadyForPickup) else package.state
    return replace(package, state=state, pickup=after(package.pickup, fact))


@evolve.on(PickupCodeSent)
def _sent(package: Package, _fact: PickupCodeSent, _at: Any) -> Package:
    return package


@evolve.on(PackagePickedUp)
def _picked_up(package: Package, _fact: PackagePickedUp, _at: Any) -> Package:
    return replace(package, state=S.delivered)


# --- commands


def otp_setting(reference: Reference, name: str, default: int) -> int:
    """A number of the application setting OTP_SETTINGS."""
    settings: Any = value_of(reference, "OTP_SETTINGS") or {}
    return int(settings.get(name) or default)


@command(
    "package",
    "ready-for-pickup",
    id=53,
    button="Ready for pickup",
    source=(S.packed, S.shipped),
    target=S.ready_for_pickup,
)
def ready_for_pickup(_order: Order, package: Package, _input: None, given: Given) -> Facts:
    """C24: it waits for the customer, who is told a code where one-time passwords are on."""
    return [PackageReadyForPickup(package=package.id, otp=bool(value_of(given.reference, "IS_OTP_ENABLED")))]


@dataclass(frozen=True, slots=True)
class PickupInput:
    """`otp`: the code the customer was told; needed where one-time passwords were on at C24."""

    otp: str | None = None


@command(
    "package",
    "deliver-to-customer",
    id=54,
    button="Hand over",
    source=(S.ready_for_pickup,),
    target=S.delivered,
    input=PickupInput,
)
def deliver_to_customer(_order: Order, package: Package, given_input: PickupInput, given: Given) -> Facts:
    """C25: the customer has it; a wrong or expired code is refused and counted."""
    if package.pickup is not None and package.pickup.otp:
        _checked(package, (given_input.otp or "").strip(), given)
    return [PackagePickedUp(package=package.id)]


def _checked(package: Package, said: str, given: Given) -> None:
    pickup = package.pickup
    if pickup is None or pickup.due:
        raise invalid(otp="The customer is being sent a code; try again with it.")
    if not said:
        raise invalid(otp="Missing data for required field.")
    if pickup.code is None or given.now > pickup.code.expires_at:
        raise _rejected(package, "expired", spent=True, text="The code has expired; a new one is sent.")
    if not is_code(pickup.code, said):
        left = otp_setting(given.reference, "tries", TRIES) - pickup.tries - 1
        if left < 1:
            raise _rejected(package, "wrong", spent=True, text="Wrong code, too often; a new one is sent.")
        raise _rejected(package, "wrong", spent=False, text=f"Wrong code; {left} tries left.")


def _rejected(package: Package, reason: str, *, spent: bool, text: str) -> Refusal:
    """A refusal that is written: tries are counted."""
    refusal = invalid(otp=text)
    refusal.facts = (PickupCodeRejected(package=package.id, reason=reason, spent=spent),)
    return refusal


# --- the code, made where randomness enters


def needs_code(order: Order | None, package: int) -> bool:
    """Whether a code is to be made and sent for this package."""
    found = None if order is None else order.packages.get(package)
    return found is not None and found.state is S.ready_for_pickup and found.pickup is not None and found.pickup.due


def code_made(order: Order | None, package: int, digest: str, salt: str, sealed: Personal, given: Given) -> Facts:
    """A new code; no facts where none is due any more."""
    if not needs_code(order, package):
        return []
    expires = given.now + timedelta(minutes=otp_setting(given.reference, "minutes", MINUTES))
    return [PickupCodeMade(package=package, digest=digest, salt=salt, expires_at=expires, sealed=sealed)]


def code_sent(order: Order | None, package: int, message: str) -> Facts:
    """The customer was told."""
    found = None if order is None else order.packages.get(package)
    return [] if found is None else [PickupCodeSent(package=package, message=message)]


def expired(order: Order | None, packages: Iterable[int], given: Given) -> Facts:
    """What is still kept of these packages' codes that hold no more is let go of."""
    found = ((id, None if order is None else order.packages.get(id)) for id in packages)
    return [
        PickupCodeExpired(package=id)
        for id, package in found
        if package is not None
        and package.pickup is not None
        and package.pickup.code is not None
        and given.now > package.pickup.code.expires_at
    ]
