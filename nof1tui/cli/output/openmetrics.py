"""The document of `status` as OpenMetrics text, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

_HEALTH_STATES = ("live", "stale", "down", "empty")
Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]


def render_openmetrics(document: Mapping[str, Any], version: str) -> str:
    """The document of `status --json` as OpenMetrics 1.0 text. Unknown values have no sample."""
    store, feeds = document["store"], document["feeds"]
    lines: list[str] = []

    def add(name: str, kind: str, description: str, samples: Iterable[Sample], unit: str = "") -> None:
        lines.extend(_family(name, kind, description, samples, unit))

    def by_feed(key: str) -> list[Sample]:
        return [({"feed": feed}, _number(values[key])) for feed, values in feeds.items()]

    add("nof1_build", "info", "Version of the program.", [({"version": version}, 1)])
    states = [({"nof1_state": name}, float(document["state"] == name)) for name in _HEALTH_STATES]
    add("nof1_state", "stateset", "State of the arena's figures.", states)
    is_reachable = 0.0 if "failure" in store else 1.0
    add("nof1_store_up", "gauge", "1 if the store could be read.", [({}, is_reachable)])
    collects = float(document["collector"]["role"] == "collector")
    add("nof1_collector_up", "gauge", "1 if a collector is running.", [({}, collects)])
    description = "Age of the feed's newest record, in the server's time."
    add("nof1_feed_age_seconds", "gauge", description, by_feed("age_s"), "seconds")
    description = "Time of the feed's last response."
    add("nof1_feed_answered_timestamp_seconds", "gauge", description, by_feed("last_ok_at"), "seconds")
    failing = [({"feed": feed}, float(values["last_error"] is not None)) for feed, values in feeds.items()]
    add("nof1_feed_failing", "gauge", "1 if the feed's last request failed.", failing)
    for key, description in (
        ("requests", "Requests sent."),
        ("not_modified", "Requests answered with 304."),
        ("errors", "Requests that failed."),
        ("quarantined", "Records that could not be decoded."),
    ):
        add(f"nof1_feed_{key}", "counter", description, by_feed(key))
    rows = [({"table": table}, float(count)) for table, count in store["rows"].items()]
    add("nof1_store_rows", "gauge", "Rows of a table; an estimate for large tables.", rows)
    return "\n".join([*lines, "# EOF", ""])


def _family(name: str, kind: str, description: str, samples: Iterable[Sample], unit: str) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {description}"
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    for labels, value in samples:
        if value is not None:
            label_text = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            braces = f"{{{label_text}}}" if label_text else ""
            yield f"{name}{suffix}{braces} {value:.17g}"


def _number(value: Any) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
