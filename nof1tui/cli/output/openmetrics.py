"""`status --metrics`: the same findings as OpenMetrics text, for Prometheus and its kin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

_HEALTH_STATES = ("live", "stale", "down", "empty")
Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]


def render_openmetrics(document: Mapping[str, Any], version: str) -> str:
    """The document of `status --json` as OpenMetrics 1.0 text. What is unknown has no sample."""
    store, feeds = document["store"], document["feeds"]
    lines: list[str] = []

    def tell(name: str, kind: str, words: str, samples: Iterable[Sample], unit: str = "") -> None:
        lines.extend(_family(name, kind, words, samples, unit))

    def each(key: str) -> list[Sample]:
        return [({"feed": feed}, _number(said[key])) for feed, said in feeds.items()]

    tell("nof1_build", "info", "The program that tells this.", [({"version": version}, 1)])
    states = [({"nof1_state": name}, float(document["state"] == name)) for name in _HEALTH_STATES]
    tell("nof1_state", "stateset", "How the arena's figures are.", states)
    reached = 0.0 if "failure" in store else 1.0
    tell("nof1_store_up", "gauge", "1 if the store could be read.", [({}, reached)])
    collects = float(document["collector"]["role"] == "collector")
    tell("nof1_collector_up", "gauge", "1 if an instance collects now.", [({}, collects)])
    age = "Age of the feed's newest record, by its own time."
    tell("nof1_feed_age_seconds", "gauge", age, each("age_s"), "seconds")
    answered = "When the feed last answered."
    tell("nof1_feed_answered_timestamp_seconds", "gauge", answered, each("last_ok_at"), "seconds")
    failing = [({"feed": feed}, float(said["last_error"] is not None)) for feed, said in feeds.items()]
    tell("nof1_feed_failing", "gauge", "1 if the feed's last try failed.", failing)
    for key, words in (
        ("requests", "Requests sent."),
        ("not_modified", "Requests answered with 304."),
        ("errors", "Requests that failed."),
        ("quarantined", "Records that could not be decoded."),
    ):
        tell(f"nof1_feed_{key}", "counter", words, each(key))
    rows = [({"table": table}, float(count)) for table, count in store["rows"].items()]
    tell("nof1_store_rows", "gauge", "Rows of a table; of large ones an estimate.", rows)
    return "\n".join([*lines, "# EOF", ""])


def _family(name: str, kind: str, words: str, samples: Iterable[Sample], unit: str) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {words}"
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    for labels, value in samples:
        if value is not None:
            told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            yield f"{name}{suffix}{{{told}}} {value:.17g}" if told else f"{name}{suffix} {value:.17g}"


def _number(value: Any) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
