"""What needs no order: states and transitions as the domain declares them, probes, figures for Prometheus."""

from tests.api.site import Site


def test_states_and_transitions_come_from_the_domain(site: Site) -> None:
    states = site.admin.get("states/?content_type=package&limit=100")
    assert states["count"] == 19
    waiting = next(row for row in states["results"] if row["enum_value"] == "100")
    assert site.admin.get(f"states/{waiting['id']}/")["translations"]["tr-tr"] == {"name": "Bekliyor"}
    packing = site.admin.get("transitions/?slug=complete-packaging-with-shipment")["results"][0]
    assert packing["source_states"] == ["100", "200", "400"]
    assert site.admin.get(f"transitions/{packing['id']}/") == packing
    assert site.admin("GET", "transitions/9999/").status_code == 404
    assert site.admin("GET", "transitions/?colour=red").status_code == 400
    first = site.admin.get("transitions/?limit=10")
    second = site.admin.get(first["next"].removeprefix(site.url))
    assert second["results"][0]["id"] > first["results"][-1]["id"]


def test_health_and_figures_need_no_login(site: Site) -> None:
    assert site.nobody.get("/health/live") == {"status": "live"}
    assert site.nobody.get("/health/ready")["status"] == "ready"
    answer = site.nobody("GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert int(figures["oms_log_position"]) == site.log.head().position
    assert figures["oms_database_up"] == "1"
    for name in (
        'oms_follower_lag_events{follower="projections"}',
        'oms_follower_lag_seconds{follower="projections"}',
        "oms_webhook_backlog",
        "oms_webhook_oldest_seconds",
        "oms_decisions_waiting",
        "oms_plan_seconds_count",
        'oms_http_requests_total{method="GET",status="200"}',
    ):
        assert float(figures[name]) >= 0, name
