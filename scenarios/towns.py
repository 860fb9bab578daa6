"""Where towns are: for addresses without coordinates, of which nobody else knows more (spec 5, Geocoding).

Carried with the program (data/README.md), since a distance from the middle of the town is better than none. Towns of
other countries than these have none.
"""

import csv
import gzip
from collections import defaultdict
from functools import cache
from pathlib import Path
from unicodedata import combining, normalize

Point = tuple[float, float]
"""Latitude and longitude in degrees, to 0.01°."""

COUNTRIES = {
    **dict.fromkeys(("gb", "uk", "united kingdom", "great britain", "england", "scotland", "wales"), "GB"),
    **dict.fromkeys(("northern ireland", "birlesik krallik"), "GB"),
    **dict.fromkeys(("tr", "turkiye", "turkey"), "TR"),
}
"""How a country is called in addresses, plain."""


def point_of(country: str | None, city: str | None) -> Point | None:
    """The middle of a town; None where it is not known, or not which of two countries' is meant."""
    if not city:
        return None
    found = _towns().get(plain(city), {})
    if country:
        return found.get(COUNTRIES.get(plain(country), ""))
    return next(iter(found.values())) if len(found) == 1 else None


def plain(name: str) -> str:
    """Without case, accents and signs: İstanbul, ISTANBUL and istanbul are one."""
    text = normalize("NFKD", name.casefold().replace("ı", "i"))
    return " ".join("".join(c if c.isalnum() else " " for c in text if not combining(c)).split())


@cache
def _towns() -> dict[str, dict[str, Point]]:
    """By plain name, then by country."""
    found: defaultdict[str, dict[str, Point]] = defaultdict(dict)
    with gzip.open(Path(__file__).parent / "data" / "towns.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[plain(row["name"])][row["country"]] = (float(row["latitude"]), float(row["longitude"]))
    return dict(found)
