"""`traffic/` (spec 5): who talked to whom lately: other systems we called, receivers we sent to, and who called us."""

from collections.abc import Iterable
from typing import Any

from api.http.errors import WrongInput
from api.http.paging import PARAMETERS, asked_of, page_of
from api.http.routes import AUDIT, OMS, Answer, Call, route
from integrations import traffic as calls
from projections.objects.wire import moment
from webhook_outbox import traffic as sends

US = "daybook"
LOOKED_AT = 2000
"""The latest calls of each of the three accounts that are looked at."""

FILTERS = {
    "party": "Only from or to this one.",
    "outcome": "ok, declined (a clear no), failed, or resting (not called, it had failed too often).",
}

HEARD = """
select at, username, method, path, status from request_audit order by id desc limit %s
"""


@route(
    "GET",
    f"{OMS}/traffic/",
    roles=AUDIT,
    tag="traffic",
    query={**{n: said for n, said in PARAMETERS.items() if n not in ("sort", "ordering")}, **FILTERS},
    answers="[TrafficCall]",
)
def list_traffic(call: Call) -> Answer:
    """The latest calls between systems, the newest first. Of who called us, those that were to change something."""
    asked = asked_of(call)
    for name in asked.filters:
        if name not in FILTERS:
            raise WrongInput(**{name: [f"There is no filter {name}; known are {', '.join(FILTERS)}."]})
    if asked.sort is not None:
        raise WrongInput(sort=["They come the newest first."])
    rows = _lately(call)
    if party := asked.filters.get("party"):
        rows = [row for row in rows if party in (row["from"], row["to"])]
    if outcome := asked.filters.get("outcome"):
        rows = [row for row in rows if row["outcome"] == outcome]
    start = (asked.page - 1) * asked.limit
    return page_of(asked, rows[start : start + asked.limit], len(rows))


@route("GET", f"{OMS}/traffic/summary/", roles=AUDIT, tag="traffic", answers="TrafficSummary")
def traffic_summary(call: Call) -> dict[str, Any]:
    """Who talked to whom in the latest calls: how often, how it went, how long it took, and the last trouble."""
    edges: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in _lately(call):
        edges.setdefault((row["from"], row["to"]), []).append(row)
    return {"results": [_edge(*ends, rows) for ends, rows in sorted(edges.items())]}


def _edge(sender: str, receiver: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """`rows`: the newest first."""
    took = [row["seconds"] for row in rows if row["seconds"] is not None]
    troubles = [row for row in rows if row["outcome"] in ("failed", "resting")]
    return {
        "from": sender,
        "to": receiver,
        "calls": len(rows),
        "ok": sum(row["outcome"] == "ok" for row in rows),
        "declined": sum(row["outcome"] == "declined" for row in rows),
        "failed": len(troubles),
        "seconds": round(sum(took) / len(took), 4) if took else None,
        "what": sorted({row["what"] for row in rows})[:20],
        "first_date": rows[-1]["date"],
        "last_date": rows[0]["date"],
        "last_outcome": rows[0]["outcome"],
        "last_error": troubles[0]["error"] if troubles else None,
    }


def _lately(call: Call) -> list[dict[str, Any]]:
    """All that is looked at, the newest first."""
    with call.services.pool.connection() as connection:
        rows = [
            *map(_called, calls.lately(connection, limit=LOOKED_AT)),
            *map(_sent, sends.lately(connection, LOOKED_AT)),
            *map(_heard, connection.execute(HEARD, (LOOKED_AT,)).fetchall()),
        ]
    rows.sort(key=lambda row: row["at"], reverse=True)
    return [{"date": moment(row.pop("at")), **row} for row in rows]


def _called(row: dict[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("at", "what", "method", "place", "status", "seconds", "outcome", "error")}
    return {"from": US, "to": row["system"], **said}


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("at", "what", "place", "status", "seconds", "error")}
    arrived = row["status"] is not None and 200 <= row["status"] < 300
    return {"from": US, "to": f"webhook:{row['endpoint']}", "method": "POST", "outcome": _how(arrived), **said}


def _heard(row: Iterable[Any]) -> dict[str, Any]:
    at, username, method, path, status = row
    outcome = "ok" if status < 400 else "declined" if status < 500 else "failed"
    return {
        "at": at,
        "from": username or "somebody",
        "to": US,
        "what": path.removeprefix(f"{OMS}/").split("/")[0] or path,
        "method": method,
        "place": path,
        "status": status,
        "seconds": None,
        "outcome": outcome,
        "error": None,
    }


def _how(arrived: bool) -> str:
    return "ok" if arrived else "failed"
