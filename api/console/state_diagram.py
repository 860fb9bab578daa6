"""A package's state machine as SVG: where it is, where it was and when, and what may come next (spec 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.states import colour
from domain.states import PackageStatus
from domain.transitions import transitions

P = PackageStatus

# The usual way leads down the first column; the second is where it waits or turns, the third where it ends.
_PLACES: dict[PackageStatus, tuple[int, int]] = {
    P.waiting_for_transfer: (0, 0),
    P.waiting: (0, 1),
    P.preparing: (0, 2),
    P.ready_for_packaging: (0, 3),
    P.waiting_cargo_label: (0, 4),
    P.packed: (0, 5),
    P.shipped: (0, 6),
    P.delivered: (0, 7),
    P.waiting_remote_action: (1, 0),
    P.blocked: (1, 2),
    P.cancellation_waiting: (1, 3),
    P.ready_for_pickup: (1, 5),
    P.attempted_delivery: (1, 6),
    P.delivery_failed: (1, 7),
    P.out_of_stock: (2, 0),
    P.needs_rescheduling: (2, 1),
    P.cancelled: (2, 3),
    P.packed_for_refund: (2, 5),
    P.returned: (2, 7),
}
WIDTH, HEIGHT = 136, 34
_ACROSS, _DOWN, _LEFT, _TOP = 170, 54, 30, 8
_SIZE = (_LEFT + 2 * _ACROSS + WIDTH + 30, _TOP + 7 * _DOWN + HEIGHT + 8)


@dataclass(frozen=True)
class Been:
    """A state that the package came to, in the order of its life; `at`: when, as people read it."""

    state: PackageStatus
    at: str


def state_diagram(been: Sequence[Been]) -> Markup:
    """`been`: the states so far, the last being where it is."""
    now = been[-1].state if been else None
    steps = list(zip([one.state for one in been], [one.state for one in been[1:]], strict=False))
    possible = sorted(target for source, target in transitions("package") if source == now and target != now)
    lines = [_edge(now, target, "may") for target in possible if now is not None and (now, target) not in steps]
    lines += [_edge(one, other, "was") for one, other in dict.fromkeys(steps) if one != other]
    nodes = [_node(state, been, now, state in possible) for state in _PLACES]
    return Markup(
        '<svg class="machine" viewBox="0 0 {} {}" role="img" aria-labelledby="machine-said">'
        '<title id="machine-said">{}</title><defs>{}{}</defs>{}</svg>'
    ).format(*_SIZE, _told(been), _arrow("was"), _arrow("may"), Markup("").join([*lines, *nodes]))


def _told(been: Sequence[Been]) -> str:
    """The picture in words, for who does not see it."""
    if not been:
        return "It is in no state yet."
    way = ", then ".join(f"{_name(one.state)} at {one.at}" for one in been)
    return f"State machine: the package was {way}; there it is now."


def _name(state: PackageStatus) -> str:
    return state.name.replace("_", " ")


def _arrow(kind: str) -> Markup:
    return Markup(
        '<marker id="arrow-{0}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip-{0}" d="M0 0 8 4 0 8z"/></marker>'
    ).format(kind)


def _node(state: PackageStatus, been: Sequence[Been], now: PackageStatus | None, possible: bool) -> Markup:
    x, y = _corner(state)
    visits = [one for one in been if one.state is state]
    kind = "now" if state is now else "been" if visits else "next" if possible else "idle"
    words = Markup('<text x="{}" y="{}">{}</text>').format(x + WIDTH / 2, y + (14 if visits else 21), _name(state))
    if visits:
        times = f" ×{len(visits)}" if len(visits) > 1 else ""
        said = f"{visits[-1].at[5:16]}{times}"
        words += Markup('<text class="when" x="{}" y="{}">{}</text>').format(x + WIDTH / 2, y + 28, said)
    box = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="7"/>').format(x, y, WIDTH, HEIGHT)
    tone = f" s-{colour(str(int(state)))}" if visits else ""
    return Markup('<g class="state {}{}">{}{}</g>').format(kind, tone, box, words)


def _corner(state: PackageStatus) -> tuple[int, int]:
    column, row = _PLACES[state]
    return _LEFT + column * _ACROSS, _TOP + row * _DOWN


def _edge(source: PackageStatus, target: PackageStatus, kind: str) -> Markup:
    (c1, r1), (c2, r2) = _PLACES[source], _PLACES[target]
    (x1, y1), (x2, y2) = _corner(source), _corner(target)
    if c1 == c2 and abs(r1 - r2) == 1:
        x = x1 + WIDTH / 2 + (6 if r2 > r1 else -14)
        down = r2 > r1
        path = f"M{x} {y1 + (HEIGHT if down else 0)}V{y2 - 1 if down else y2 + HEIGHT + 1}"
    elif c1 == c2:
        out = 14 + 6 * min(abs(r1 - r2), 5)
        side, sign = (x1, -1) if c1 == 0 else (x1 + WIDTH, 1)
        ya, yb = y1 + HEIGHT / 2, y2 + HEIGHT / 2
        path = f"M{side} {ya}C{side + sign * out} {ya} {side + sign * out} {yb} {side + sign} {yb}"
    else:
        right = c2 > c1
        xa, xb = (x1 + WIDTH, x2 - 1) if right else (x1, x2 + WIDTH + 1)
        ya, yb = y1 + HEIGHT / 2, y2 + HEIGHT / 2
        mid = (xa + xb) / 2
        path = f"M{xa} {ya}C{mid} {ya} {mid} {yb} {xb} {yb}"
    return Markup('<path class="edge {0}" d="{1}" marker-end="url(#arrow-{0})"/>').format(kind, path)
