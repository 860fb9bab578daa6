"""The pictures of docs/console.md, taken of the town by `.venv/bin/python -m tests.browser.console.pictures`.
They are small and in few colours, so that they weigh little in the history."""

import io
import shutil
import tempfile
from pathlib import Path

import psycopg
from PIL import Image
from playwright.sync_api import sync_playwright

from eventlog.embedded import EmbeddedServer
from eventlog.migrate import migrate
from tests.browser.conftest import FLAGS, chromium
from tests.browser.console.conftest import DESKTOP, PHONE, Person, person
from tests.browser.console.town import Town, living

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
WIDTH = {DESKTOP: 900, PHONE: 300}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="daybook-pictures-"))
    home.chmod(0o755)  # the server's unprivileged user passes through it
    server = EmbeddedServer(home).start()
    try:
        with psycopg.connect(server.database_url("postgres"), autocommit=True) as connection:
            connection.execute("create database pictures")
        migrate(server.database_url("pictures"))
        with living(server.database_url("pictures")) as town, sync_playwright() as playwright:
            transfer = town.sends_to_a_shop()
            for slug in ("start-preparing", "complete-packaging-with-shipment", "ship-package"):
                assert town.site.admin.command(town.packages(town.parcels)[1]["id"], slug).status_code == 204
            town.sleeps()
            browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, "--no-sandbox"])
            for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
                context, someone = person(browser, town, size)
                someone.signs_in("admin")
                for page, path in _pages(town, transfer["id"]).items():
                    _take(someone, size, path, FOLDER / f"console-{page}-{name}.png")
                context.close()
            browser.close()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _pages(town: Town, transfer: int) -> dict[str, str]:
    package = town.packages(town.parcels)[1]["id"]
    return {
        "today": "/console/",
        "order": f"/console/orders/{town.parcels['id']}/",
        "package": f"/console/packages/{package}/",
        "transfer": f"/console/transfer_orders/{transfer}/",
        "webhook": f"/console/webhooks/{town.erp_webhook}/",
        "locations": "/console/locations/",
        "times": "/console/sla/",
    }


def _take(someone: Person, size: tuple[int, int], path: str, file: Path) -> None:
    shown = someone.goes_to(path).screenshot(clip={"x": 0, "y": 0, "width": size[0], "height": size[1]})
    image = Image.open(io.BytesIO(shown)).convert("RGB")
    wide = WIDTH[size]
    small = image.resize((wide, round(image.height * wide / image.width)), Image.Resampling.LANCZOS)
    small.quantize(64, Image.Quantize.MAXCOVERAGE).save(file, optimize=True)


if __name__ == "__main__":
    main()
