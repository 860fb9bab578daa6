"""The few routes of the API that staff use, over one list of packages and transfers in memory: states, commands, lists
by id, log in, and Idempotency-Key, in the shapes of the specification. With bad days for the staff's patience."""

import threading
from typing import Any

from flask import Flask, Response, jsonify, request

RUNS: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "packages": {
        "complete-packaging-with-shipment": (("100", "200", "400"), "500"),
        "package-refuse-with-denial-reason": (("100", "150", "200"), "910"),
        "product-not-found": (("100", "150", "200", "400"), "920"),
        "start-preparing": (("100",), "200"),
        "ready-for-packaging": (("100", "200"), "400"),
        "ship-package": (("500",), "600"),
        "complete-packaging-without-shipment": (("100", "200", "400"), "500"),
        "ready-for-pickup": (("500", "600"), "550"),
        "deliver-to-customer": (("550",), "900"),
    },
    "transfer_orders": {
        "transfer-ready-for-dispatch": (("waiting",), "ready_to_shipment"),
        "transfer-dispatch": (("waiting", "ready_to_shipment"), "in_transit"),
        "transfer-delivered": (("in_transit",), "transferred"),
    },
}
DELIVERIES = {"delivered": "900", "attempted_delivery": "700"}


PHONE = "+447700900123"


class FakeApi:
    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {"packages": [], "transfer_orders": []}
        self.lock = threading.Lock()
        self.log: list[tuple[str, str, dict[str, Any]]] = []  # (number, slug, body), in the order they acted
        self.answers: dict[str, tuple[dict[str, Any], int]] = {}
        self.keys = {"first-key"}
        self.reasons = [{"id": 4, "is_active": True}, {"id": 5, "is_active": False}]
        self.bad_answers: list[int] = []  # statuses to answer with before anything is done, one per request
        self.lost_answers = 0  # so many commands are done, but answered 503
        self.clock = 0
        self.codes: dict[str, str] = {}  # with which packages are fetched, by number

    def add_package(
        self, number: str, state: str = "100", erp_code: str = "ST-001", pieces: int = 2, fetched_at: str | None = None
    ) -> None:
        id = len(self.rows["packages"]) + 1
        items = [{"id": id * 10 + n, "quantity": f"{pieces}.00", "product": {"sku": f"SKU{n}"}} for n in range(2)]
        order = {
            "is_click_and_collect": fetched_at is not None,
            "retail_store": None if fetched_at is None else {"erp_code": fetched_at},
            "customer": {"phone_number": PHONE},
        }
        row: dict[str, Any] = {"stock_location": {"erp_code": erp_code}, "packageitem_set": items}
        row |= {"order": order, "order_number": number.split("P")[0]}
        self.rows["packages"].append({"id": id, "number": number, "state": state, "modified_date": "0", **row})

    def add_transfer(self, number: str, state: str = "waiting") -> None:
        id = len(self.rows["transfer_orders"]) + 1
        items = [{"id": id * 10 + n, "quantity": 3, "product": {"sku": f"SKU{n}"}} for n in range(2)]
        row = {"source": {"erp_code": "WH-01"}, "destination": {"erp_code": "ST-001"}, "transferitem_set": items}
        self.rows["transfer_orders"].append({"id": id, "number": number, "state": state, "modified_date": "0", **row})

    def states(self, kind: str = "packages") -> dict[str, str]:
        return {row["number"]: row["state"] for row in self.rows[kind]}

    def show(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        allowed = [slug for slug, (states, _) in RUNS[kind].items() if row["state"] in states]
        if kind == "packages" and row["state"] in ("600", "700", "800"):
            allowed.append("update-shipment-status")
        commands = [{"transition": 1, "slug": slug, "name": slug, "input_schema": {}} for slug in allowed]
        return row | {"state": {"enum_value": row["state"]}, "commands": commands}

    def run(self, kind: str, id: int, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        row, slug = self.rows[kind][id - 1], body["slug"]
        if slug == "update-shipment-status" and row["state"] in ("600", "700"):
            target = DELIVERIES[body["status"]]
        elif slug in RUNS[kind] and row["state"] in RUNS[kind][slug][0]:
            target = RUNS[kind][slug][1]
        else:
            return {"error": {"code": "state_conflict", "message": "", "state": row["state"]}, "status_code": 400}, 400
        self.clock += 1
        if slug == "deliver-to-customer" and body.get("otp") != self.codes.get(row["number"]):
            row["modified_date"] = str(self.clock)
            return {"error": {"otp": ["Wrong code."]}, "status_code": 400}, 400
        row["state"], row["modified_date"] = target, str(self.clock)
        self.log.append((row["number"], slug, body))
        return {}, 204

    def app(self) -> Flask:
        app = Flask("fake_api")

        @app.before_request
        def door() -> tuple[Response, int] | None:
            if self.bad_answers:
                return jsonify(error={"code": "busy"}), self.bad_answers.pop(0)
            if request.path != "/api/i1/auth/login/" and request.headers["Authorization"][6:] not in self.keys:
                return jsonify(error={"code": "unauthorized"}), 401
            return None

        @app.post("/api/i1/auth/login/")
        def login() -> tuple[Response, int]:
            if request.json != {"username": "staff", "password": "secret"}:
                return jsonify(error={"password": ["Wrong."]}), 400
            self.keys.add("second-key")
            return jsonify(key="second-key"), 200

        @app.get("/api/v1/oms/packages/package_denial_reason/")
        def reasons() -> Response:
            return jsonify(count=len(self.reasons), next=None, previous=None, results=self.reasons)

        @app.get("/api/v1/oms/<kind>/")
        def rows(kind: str) -> tuple[Response, int]:
            asked = dict(request.args)
            limit, last, sort = int(asked.pop("limit")), int(asked.pop("id__gt")), asked.pop("sort")
            states = (asked.pop("state__enum_value__in", None) or asked.pop("state__enum_value", "")).split(",")
            codes = asked.pop("stock_location__erp_code__in", "").split(",")
            assert (sort, asked) == ("id", {}), "only filters of the specification"
            assert limit <= 100
            with self.lock:
                fitting = [
                    self.show(kind, row)
                    for row in self.rows[kind]
                    if row["state"] in states and row["id"] > last
                    if codes == [""] or row["stock_location"]["erp_code"] in codes
                ]
            return jsonify(count=len(fitting), next=None, previous=None, results=fitting[:limit]), 200

        @app.post("/api/v1/oms/<kind>/<int:id>/command/")
        def command(kind: str, id: int) -> tuple[Response, int]:
            key, body = request.headers["Idempotency-Key"], request.get_json()
            with self.lock:
                if key in self.answers and self.answers[key][0] != body:
                    return jsonify(error={"code": "idempotency_key_reused"}), 422
                if key not in self.answers:
                    answer, status = self.run(kind, id, body)
                    if status >= 300:
                        return jsonify(answer), status
                    self.answers[key] = (body, status)
                if self.lost_answers:
                    self.lost_answers -= 1
                    return jsonify(error={"code": "unavailable"}), 503
            response = Response(status=204)
            response.headers["X-OMS-Position"] = str(self.clock)
            return response, 204

        return app
