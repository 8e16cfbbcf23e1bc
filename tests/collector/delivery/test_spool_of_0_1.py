"""Spool files of version 0.1 are read without loss, and envelopes keep its layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec

from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SPOOL_SUFFIX
from tests.support.paths import ROOT

WRITTEN = ROOT / "tests" / "support" / "written_by_0_1"


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(msgspec.to_builtins(value)))


def test_a_spool_of_0_1_is_adopted_and_read_without_loss(tmp_path: Path) -> None:
    shutil.copy(WRITTEN / "envelopes.spool", tmp_path / f"20251026T040000.000000-1-0000{SPOOL_SUFFIX}")
    spool = Spool(tmp_path)
    assert spool.adopt_orphans() == 10
    first = spool.read_oldest()
    assert first is not None
    spool.remove(first)
    second = spool.read_oldest()
    assert second is not None
    spool.remove(second)
    assert (first.envelope.record_count, len(first.envelope.events)) == (9, 5)
    assert second.envelope.record_count == 1
    assert (spool.corrupt_envelopes, spool.lost_records, spool.is_empty) == (0, 0, True)


def test_an_envelope_has_the_keys_and_values_of_0_1(tmp_path: Path) -> None:
    shutil.copy(WRITTEN / "envelopes.spool", tmp_path / f"20251026T040000.000000-1-0000{SPOOL_SUFFIX}")
    spool = Spool(tmp_path)
    spool.adopt_orphans()
    written = json.loads((WRITTEN / "envelope.json").read_text("utf-8"))
    spooled = spool.read_oldest()
    assert spooled is not None
    assert as_json(spooled.envelope) == written
