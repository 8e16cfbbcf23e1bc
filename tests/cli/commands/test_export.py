"""`export`: tables as files in every format, written completely or not at all."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet

from nof1tui.cli.output import files
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.records import AccountKey, Feed, Signal
from nof1tui.store.reading import export_cursor
from tests.support.builders import account_row, at, batch, decision, position, price, trade
from tests.support.cli_types import Command

EVIL = "=1+1\x1b]52;c;ZXZpbA==\x07\nsecond line"


@pytest.fixture
def export(on_store: Command, keep: Callable[..., None]) -> Command:
    """`nof1-tui export` on a store with records of every kind."""
    entry = decision(1, "gpt-5", 5, summary=EVIL, signals=(Signal("ETH", "buy_to_enter", quantity=1.5),))
    rows = (
        account_row("gpt-5", 0, 10_500.0, positions=(position(), position("BTC", -0.5))),
        account_row("qwen3-max", 60, 9_000.0, positions=(position(exit_plan=None),)),
    )
    opened = Event("e1", at(0), "opened", AccountKey("s1", "gpt-5"), "ETH", "long", 5.5, 3_900.0)
    down = Event("e2", at(1), "down", None, feed=Feed.ACCOUNTS, reason=EVIL)
    keep(
        (batch(Feed.ACCOUNTS, accounts=rows), [opened, down]),
        batch(Feed.TRADES, trades=tuple(trade(number, minutes=number) for number in range(1, 8))),
        batch(Feed.PRICES, prices=(price("BTC", 114_502.5, 0), price("ETH", 4_119.7, 30))),
        batch(Feed.DECISIONS, decisions=(entry,)),
    )
    return lambda *arguments: on_store("export", *arguments)


LEAST = {"trades": 7, "equity": 2, "positions": 3, "prices": 2, "chat": 1, "events": 2}


@pytest.mark.parametrize("what", LEAST)
def test_every_table_is_the_same_in_all_three_formats(export: Command, what: str) -> None:
    for name in ("t.csv", "t.jsonl", "t.parquet"):
        result = export(name, "--what", what)
        assert (result.code, result.err) == (0, "")
        assert re.fullmatch(rf"exported \d+ rows of {what} to {name}\n", result.out)
    with Path("t.csv").open(newline="", encoding="utf-8") as file:
        from_csv = list(csv.DictReader(file))
    lines = [json.loads(line) for line in Path("t.jsonl").read_text("utf-8").splitlines()]
    columns = parquet.read_table("t.parquet").to_pylist()
    wanted = DOCUMENTS[what].keys(full=True)
    assert len(from_csv) == len(lines) == len(columns) == int(result.out.split()[1])
    assert len(lines) >= LEAST[what]
    for text, line, row in zip(from_csv, lines, columns, strict=True):
        assert tuple(text) == tuple(line) == tuple(row) == wanted
        for key, value in line.items():
            if isinstance(value, float | int) and not isinstance(value, bool):
                assert float(text[key]) == value == float(row[key])
            elif key.endswith("_at") and value is not None:
                assert text[key] == value == row[key].isoformat().replace("+00:00", "Z")


def test_text_of_an_llm_is_harmless_in_every_format(export: Command) -> None:
    for name in ("t.csv", "t.jsonl", "t.parquet"):
        assert export(name, "--what", "chat").code == 0
    (row,) = csv.DictReader(Path("t.csv").read_text("utf-8").splitlines(keepends=True))
    assert row["summary"] == "'=1+1\nsecond line"
    assert "\x1b" not in Path("t.jsonl").read_text("utf-8")
    assert json.loads(Path("t.jsonl").read_text("utf-8"))["summary"] == EVIL
    (whole,) = parquet.read_table("t.parquet").to_pylist()
    assert whole["summary"] == "=1+1\nsecond line"
    assert json.loads(whole["signals"])[0]["signal"] == "buy_to_enter"


def test_rows_are_oldest_first_between_two_times_inclusively(export: Command) -> None:
    assert export("t.jsonl", "--since", at(2).isoformat(), "--until", at(4).isoformat()).code == 0
    ids = [json.loads(line)["id"] for line in Path("t.jsonl").read_text("utf-8").splitlines()]
    assert [name[-4:] for name in ids] == ["0002", "0003", "0004"]


def test_rows_are_read_in_chunks(export: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_cursor, "EXPORT_CHUNK_ROWS", 2)
    assert export("t.jsonl").code == 0
    assert len(Path("t.jsonl").read_text("utf-8").splitlines()) == 7


def test_an_existing_file_is_kept_without_force(export: Command) -> None:
    Path("t.csv").write_text("mine")
    result = export("t.csv")
    assert (result.code, result.err) == (2, "nof1-tui: t.csv exists; use --force to overwrite\n")
    assert Path("t.csv").read_text() == "mine"
    assert export("t.csv", "--force").code == 0
    assert Path("t.csv").read_text().count("\n") == 8


def test_a_full_disk_leaves_no_partial_file(export: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(rows: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "json_line", full)
    Path("t.jsonl").write_text("mine")
    result = export("t.jsonl", "--force")
    assert (result.code, result.err) == (1, "nof1-tui: t.jsonl is not writable: No space left on device\n")
    assert Path("t.jsonl").read_text() == "mine"
    assert [path.name for path in Path().glob("*t.jsonl*")] == ["t.jsonl"]


def test_parquet_without_its_library_names_the_package_to_install(
    export: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = export("t.parquet")
    assert result.code == 1
    assert "pip install 'nof1-tui[parquet]'" in result.err
    assert len(result.err.splitlines()) == 2
    assert not list(Path().glob("*parquet*"))


def test_an_empty_store_gives_a_file_with_the_columns(on_store: Command) -> None:
    for name in ("t.csv", "t.parquet"):
        assert on_store("export", name, "--what", "equity").out == f"exported 0 rows of equity to {name}\n"
    assert Path("t.csv").read_text() == ",".join(DOCUMENTS["equity"].keys()) + "\n"
    assert parquet.read_table("t.parquet").column_names == list(DOCUMENTS["equity"].keys())


@pytest.mark.parametrize(
    ("what", "types"),
    [
        ("equity", {"equity_usd": "double", "observed_at": "timestamp[us, tz=UTC]", "positions": "int32"}),
        ("positions", {"quantity": "double", "leverage": "double", "side": "string", "entry_oid": "string"}),
        ("trades", {"id": "string", "held_s": "double", "fills": "int32", "incomplete": "bool"}),
        ("chat", {"signals": "string", "answer_failed": "bool", "at": "timestamp[us, tz=UTC]"}),
        ("events", {"value": "double", "stop_loss_before": "double", "kind": "string"}),
    ],
)
def test_a_parquet_column_has_the_type_of_its_unit(export: Command, what: str, types: dict[str, str]) -> None:
    assert export("t.parquet", "--what", what).code == 0
    columns = {field.name: str(field.type) for field in parquet.read_schema("t.parquet")}
    assert {name: columns[name] for name in types} == types


def test_the_return_in_equity_is_on_the_starting_capital(export: Command) -> None:
    assert export("t.jsonl", "--what", "equity").code == 0
    rows = [json.loads(line) for line in Path("t.jsonl").read_text("utf-8").splitlines()]
    assert [(row["trader"], row["return_pct"]) for row in rows] == [
        ("gpt-5", pytest.approx(5.0)),
        ("qwen3-max", pytest.approx(-10.0)),
    ]
    assert "return_reported_pct" in rows[0]
