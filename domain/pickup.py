"""Click and collect: a package waits for its customer, who may have to say a one-time code (C24, C25). The code itself
stands nowhere in the open: a slow salted hash to compare with, and the sealed code for who sends it."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from domain.changing import replace
from domain.kernel import fact
from domain.personal import Personal

# --- states


@dataclass(frozen=True, slots=True)
class PickupCode:
    digest: str
    salt: str
    expires_at: datetime
    sealed: Personal


@dataclass(frozen=True, slots=True)
class Pickup:
    """`otp`: a code is asked for; `due`: one is to be made and sent; `tries`: wrong ones since it was."""

    otp: bool = False
    code: PickupCode | None = None
    tries: int = 0
    due: bool = False


def digest_of_code(code: str, salt: str) -> str:
    """scrypt (hex), some 50 ms a try: a million codes are not tried in passing by who reads the log."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def is_code(code: PickupCode, said: str) -> bool:
    return hmac.compare_digest(digest_of_code(said, code.salt), code.digest)


# --- facts


@fact("PackageReadyForPickup", on="package", sentence="It waits for the customer.")
class PackageReadyForPickup:
    """`otp`: the customer is told a code, and must say it."""

    package: int
    otp: bool = False


@fact("PickupCodeMade", on="package", sentence="A pickup code was made, valid until {expires_at}.")
class PickupCodeMade:
    """`sealed` opens to {code} with the customer's key."""

    package: int
    digest: str
    salt: str
    expires_at: datetime
    sealed: Personal


@fact("PickupCodeRejected", on="package", sentence="A pickup code was rejected: {reason}.")
class PickupCodeRejected:
    """`spent`: the code holds no more, a new one is sent."""

    package: int
    reason: str
    spent: bool = False


@fact("PickupCodeSent", on="package", sentence="The customer was told the code, by message {message}.")
class PickupCodeSent:
    """`message` is what who sent it calls it."""

    package: int
    message: str


@fact("PickupCodeExpired", on="package", sentence="The pickup code has expired; a new one is made when it is said.")
class PickupCodeExpired:
    """What was kept of the code is let go of."""

    package: int


@fact("PackagePickedUp", on="package", sentence="The customer has it.")
class PackagePickedUp:
    package: int


# --- evolve


CodeFact = PackageReadyForPickup | PickupCodeMade | PickupCodeRejected | PickupCodeExpired


def after(pickup: Pickup | None, fact: CodeFact) -> Pickup:
    """The pickup after one of its facts."""
    if isinstance(fact, PackageReadyForPickup):
        return Pickup(otp=fact.otp, due=fact.otp)
    before = pickup or Pickup()
    if isinstance(fact, PickupCodeMade):
        code = PickupCode(fact.digest, fact.salt, fact.expires_at, fact.sealed)
        return replace(before, code=code, tries=0, due=False)
    if isinstance(fact, PickupCodeExpired):
        return replace(before, code=None)
    return replace(before, tries=before.tries + 1, due=fact.spent)
