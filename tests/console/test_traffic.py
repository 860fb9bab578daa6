"""Who talked to whom as a page: pairs and calls, narrowed to one party."""

from datetime import UTC, datetime

from integrations.outside import Attempt
from integrations.traffic import Traffic
from tests.api.site import Site
from tests.console.visitor import visitor


def test_pairs_and_calls_are_shown(site: Site) -> None:
    keep = Traffic(site.log.listening)
    for outcome, error in (("ok", None), ("failed", "no answer <in time>")):
        at = datetime.now(UTC)
        keep(Attempt(at, "carrier:of-the-page", "label", 1, "POST", "host/labels", None, 0.25, outcome, error))
    someone = visitor(site)
    shown = someone.get("/console/traffic/")
    assert shown.status_code == 200
    assert "carrier:of-the-page" in shown.text and "no answer &lt;in time&gt;" in shown.text
    one = someone.get("/console/traffic/?party=carrier:of-the-page").text
    assert one.count("host/labels") == 2 and one.count("250 ms") == 3, "each call, and the mean of the pair"
    assert someone.get("/console/traffic/?outcome=failed&party=carrier:of-the-page").text.count("host/labels") == 1
