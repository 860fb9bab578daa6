"""`places`: the countries, cities, townships and districts that orders go to, by the ids made of their names."""

import msgspec

from domain.order import Order
from eventlog.recorded import Recorded
from projections.model import OfEvents, cut
from projections.objects.named_id import place_id

KINDS = ("country", "city", "township", "district")


class PlaceRow(msgspec.Struct):
    """`country`, `city`, `township`: ids of what it lies in, null from its own kind down."""

    id: int
    kind: str
    name: str
    country: int | None
    city: int | None
    township: int | None


def _rows(_event: Recorded, before: Order | None, after: Order) -> list[PlaceRow]:
    to = after.destination
    if before is not None and before.destination is to:
        return []
    path = (to.country, to.city, to.township, to.district)
    found, above = [], list[int | None]()
    for n, kind in enumerate(KINDS):
        id, name = place_id(kind, *path[: n + 1]), path[n]
        if id is not None and name is not None:
            inside = [*above, None, None, None][:3]
            found.append(PlaceRow(id, kind, cut(name), inside[0], inside[1], inside[2]))
        above.append(id)
    return found


PLACES = OfEvents("places", PlaceRow, _rows, once=True, indexes=("(kind, name, id)",))
