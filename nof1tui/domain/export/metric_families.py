"""Families of metrics, and their text as OpenMetrics and as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

MetricKind = Literal["gauge", "counter", "info", "stateset"]
Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]
_SUFFIXES: Mapping[MetricKind, str] = {"counter": "_total", "info": "_info"}
_UNITS = ("seconds", "bytes", "usd", "pct")
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricFamily(Struct, frozen=True):
    """Samples of one name, with their labels; a value of None has no sample."""

    name: str
    """Without the suffix of a counter or of information."""
    kind: MetricKind
    description: str
    samples: tuple[Sample, ...]

    @classmethod
    def of(cls, name: str, kind: MetricKind, description: str, samples: Iterable[Sample]) -> MetricFamily:
        """The family of these samples."""
        return cls(name, kind, description, tuple(samples))

    @classmethod
    def single(cls, name: str, kind: MetricKind, description: str, value: float | None) -> MetricFamily:
        """A family with one sample without labels."""
        return cls(name, kind, description, (({}, value),))

    def sample_lines(self) -> Iterator[str]:
        """One line for each sample."""
        name = self.name + _SUFFIXES.get(self.kind, "")
        for labels, value in self.samples:
            if value is not None:
                text = ",".join(f'{label}="{_escaped(its)}"' for label, its in labels.items())
                yield f"{name}{{{text}}} {value:.17g}" if text else f"{name} {value:.17g}"


def render_openmetrics(families: Sequence[MetricFamily]) -> str:
    """OpenMetrics 1.0 text."""
    lines = list[str]()
    for family in families:
        lines.append(f"# TYPE {family.name} {family.kind}")
        unit = family.name.rpartition("_")[2]
        if unit in _UNITS:
            lines.append(f"# UNIT {family.name} {unit}")
        lines += [f"# HELP {family.name} {family.description}", *family.sample_lines()]
    return "\n".join([*lines, "# EOF", ""])


def render_prometheus(families: Sequence[MetricFamily]) -> str:
    """Prometheus's own text format, which knows neither information nor states: they are gauges."""
    lines = list[str]()
    for family in families:
        name = family.name + _SUFFIXES.get(family.kind, "")
        kind = "counter" if family.kind == "counter" else "gauge"
        lines += [f"# HELP {name} {family.description}", f"# TYPE {name} {kind}", *family.sample_lines()]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
