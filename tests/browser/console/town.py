"""A small town for the browser: shops on a map, an order that needs three parcels, goods on their way to a shop, and an
ERP that was down all night. Everything runs as in production; the only thing made up is the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, Thread
from typing import Any

from api.jobs.clock import Jobs
from api.setup.work import JOB
from api.simulations.work import replayed
from integrations import queue
from integrations.kinds import CALL_KINDS, Caused
from tests.api.site import PASSWORD, SECRET, SETTINGS, Site, location, order, serving
from tests.at_work import Settings as OutboxSettings
from tests.webhooks.receiver import Answer, Receiver, receiving, take, wait_for
from webhook_outbox.fan_out import FanOut
from webhook_outbox.sender import Sender

ANY = {"type": "dynamic", "expression": ""}
NEAREST = [{"by": "distance"}]
SHOPS = {
    "WH-01": ("Leeds warehouse", "53.78", "-1.53", {"CUP": 40, "LAMP": 40}),
    "ST-014": ("York", "53.96", "-1.08", {"TRAY": 9}),
    "ST-020": ("Hull", "53.74", "-0.34", {"CLOCK": 9}),
    "ST-031": ("Sheffield", "53.38", "-1.47", {"CUP": 1}),
}
SCENARIO = {
    "name": "Standard",
    "status": "active",
    "priority": 1,
    "default_stock_location": "WH-01",
    "rules": [
        {
            "name": "the customer's own shop",
            "locations": {"order_store": True},
            "order_by": NEAREST,
            "coverage": "whole_order",
            "transferable": True,
        },
        {
            "name": "fewest packages",
            "order_by": NEAREST,
            "coverage": "split_lines",
            "strategy": "fewest_packages",
        },
    ],
}
TRANSFERS = {
    "name": "From the warehouse",
    "status": "active",
    "priority": 1,
    "prerequisites": {"package_location": ANY},
    "products": "all_products",
    "rules": [{"name": "any warehouse", "locations": {"type": "warehouse"}, "order_by": NEAREST}],
}
NAMES = {"CUP": "White cup", "TRAY": "Oak tray", "CLOCK": "Alarm clock", "LAMP": "Reading lamp"}
BEGIN, END = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
DOWN: Answer = (503, {}, b"closed for the night")


@dataclass
class Town:
    """`parcels`: the order that went in three."""

    site: Site
    erp: Receiver
    erp_webhook: int
    parcels: dict[str, Any] = field(default_factory=dict)
    orders: int = 1000

    @property
    def url(self) -> str:
        return self.site.url

    def takes(self, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        """An order, planned and in the read models."""
        self.orders += 1
        body = order(f"R{self.orders}", **more)
        item = body["items"][0]
        body["items"] = [
            {**item, "omnitron_id": self.orders * 10 + n, "sku": sku, "name": NAMES[sku], "quantity": quantity}
            for n, (sku, quantity) in enumerate(lines)
        ]
        taken: dict[str, Any] = self.site.admin.post("orders/", body)
        wait_for(lambda: self.site.admin.get(f"orders/{taken['id']}/")["package_set"], 60)
        self.site.caught_up()
        return taken

    def tells(self, of: dict[str, Any], outcome: str = "delivered") -> None:
        """Waits until what the ERP is told of an order's packages has come to this."""
        for id in self.site.admin.get(f"orders/{of['id']}/")["package_set"]:
            path = f"/whisperer/hook_events/?content_type=package&object_id={id}&state={outcome}"
            wait_for(partial(self._any, path), 60)

    def _any(self, path: str) -> bool:
        return bool(self.site.admin.get(path)["count"])

    def sends_to_a_shop(self) -> dict[str, Any]:
        """A transfer whose goods have left the warehouse for the customer's shop."""
        brought = self.takes(("LAMP", 3), delivery_type="store_pickup", retail_store="ST-014")
        self.tells(brought)
        [transfer] = self.site.admin.get(f"transfer_orders/?order={brought['id']}")["results"]
        path = f"transfer_orders/{transfer['id']}/command/"
        assert self.site.admin("POST", path, {"slug": "transfer-dispatch"}).status_code == 204
        shown: dict[str, Any] = transfer
        return shown

    def sleeps(self) -> dict[str, Any]:
        """A night in which the ERP is down until it is no longer tried: the order that it missed."""
        self.erp.behave = lambda _path, _message: DOWN
        missed = self.takes(("CUP", 1))
        self.tells(missed, "dead")
        self.erp.behave = take
        return missed

    def waits_for_people(self) -> None:
        """A call to a carrier that was given up, and a cup that was not on its shelf."""
        event = self.site.log.read(limit=1)[0]
        caused = Caused("shipment-1@1", "shipment-1", "carrier:fast", {"shipment": 1, "company": 1})
        with self.site.log.listening() as connection:
            queue.add(connection, event, CALL_KINDS["carrier.cancellation"], [caused])
            connection.execute(
                "update integration_calls set state = 'failed', note = 'fast: no answer in 10 s', tries = 20"
            )
        [package] = self.packages(self.takes(("TRAY", 2)))
        item = self.site.admin.get(f"packages/{package['id']}/")["packageitem_set"][0]["id"]
        miss = [{"id": item, "quantity": 1, "reason": "defective"}]
        assert (
            self.site.admin.command(package["id"], "product-not-found-advanced", package_items=miss).status_code == 204
        )
        self.site.caught_up()

    def packages(self, of: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.site.admin.get(f"packages/?order={of['id']}&sort=id")["results"]
        return rows


@contextmanager
def living(database_url: str) -> Iterator[Town]:
    """The town, until the end of the block."""
    settings = OutboxSettings(SECRET, SETTINGS.webhook_allow)
    with serving(database_url, planner=True) as site, receiving() as erp:
        stop = Event()
        runs = (FanOut(site.log, settings).run, Sender(site.log, settings, threads=6).run)
        threads = [Thread(target=run, args=(stop,), daemon=True) for run in runs]
        for thread in threads:
            thread.start()
        try:
            yield _founded(site, erp)
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=15)


def _founded(site: Site, erp: Receiver) -> Town:
    admin = site.admin
    admin.post("channels/", {"name": "web", "slug": "web", "channel_type": "web"})
    admin.post("cargo-companies/", {"name": "Fast Cargo", "slug": "fast"})
    admin.post("packages/package_denial_reason/", {"title": "Too busy", "remote_id": "D1"})
    for code, (name, latitude, longitude, stock) in SHOPS.items():
        place = location(code, name=name)
        place["address"] |= {"latitude": latitude, "longitude": longitude}
        admin.post("stock_locations/", place)
        admin.put("stock/", {"stock": [{"erp_code": code, "sku": sku, "quantity": n} for sku, n in stock.items()]})
    admin.post("transfer-scenarios/", TRANSFERS)
    admin.post("scenarios/", SCENARIO)
    always = {"choice": "fixed", "kwargs": {"seconds": 0}}
    hook = {"target_url": f"{erp.url}/erp", "event_type": "package.*", "retry_countdown_config": always}
    webhook = admin.post("/whisperer/hooks/", hook)["id"]
    site.user("sue", "support")
    town = Town(site, erp, webhook)
    assert admin("POST", "imports/?kind=channels&dry_run=true", b"name,is_active\nmail,perhaps\n").status_code == 202
    Jobs(site.log, replace(SETTINGS, secret_key=SECRET)).now(JOB, "test")
    town.parcels = town.takes(("CUP", 2), ("TRAY", 1), ("CLOCK", 1))
    town.tells(town.parcels)
    town.waits_for_people()
    replayed(site.log, admin.post("scenarios/simulations/", {"from": BEGIN, "to": END}, 202)["id"])
    wait_for(lambda: not town._any("/whisperer/hook_events/?state=pending"), 60)
    return town


__all__ = ["PASSWORD", "Town", "living"]
