"""`/metrics`: text that strict parsers accept, and counts that follow the requests."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from tests.support.fake_api import FakeApi

OPEN = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}
PLAIN = {"Accept": "text/plain;version=0.0.4"}


async def requests_of(api: FakeApi, headers: dict[str, str]) -> dict[tuple[str, ...], float]:
    answered = await api.ask("/metrics", headers=headers, peer=None)
    parse = parse_openmetrics if headers is OPEN else parse_prometheus
    assert answered.status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in parse(answered.content.decode())
        for sample in family.samples
    }


async def test_both_forms_hold_the_same_samples() -> None:
    api = FakeApi()
    for path in ("/v1/prices", "/v1/prices", "/v1/nothing", "/api/trades", "/api/weather"):
        await api.ask(path)
    opened = await requests_of(api, OPEN)
    assert opened["nof1_serve_requests_total", "/v1/prices", "200"] == 2
    assert opened["nof1_serve_requests_total", "other", "404"] == 2
    assert opened["nof1_serve_requests_total", "/api/trades", "200"] == 1
    assert opened["nof1_build_info", 'a"b'] == 1
    assert (opened["nof1_serve_cache_hits_total",], opened["nof1_serve_cache_misses_total",]) == (1, 2)
    plain = await requests_of(api, PLAIN)
    assert plain.pop(("nof1_serve_requests_total", "/metrics", "200")) == 1
    assert plain == opened


async def test_metrics_need_their_scope_also_in_public() -> None:
    assert (await FakeApi(public=True).ask("/metrics")).status == 401
