"""A hundred thousand malformed bodies, through the decoder and the sanitiser.

    python benchmarks/fuzz.py                      # 100,000 bodies
    python benchmarks/fuzz.py --bodies 1000000 --seed 7
    python benchmarks/fuzz.py --smoke              # seconds

Bodies of the simulated arena, of `tests/arena_server.py` and, where NOF1_RECORDINGS says so, recorded
ones are cut, doubled, flipped, given other types and hostile tokens, and fed in pieces of any size.
Each must end as records, as records in quarantine, or as a body that is malformed as a whole and kept;
no record may be missing, nothing may crash or take long, memory must stay where it is, what is
kept must fit the spool and messages must be fit for a terminal.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nof1tui.collector.delivery.envelope import (
    HEADER_STRUCT,
    Envelope,
    decode_envelope,
    encode_envelope,
    parse_header,
)
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.roster import Roster
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.decoder import BodyDecoder
from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT, FEED_BY_ENDPOINT, detect_endpoint
from nof1tui.sources.recording.files import find_recordings
from nof1tui.sources.simulated.arena.api import SimulatedArena

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.arena_server import wire_decision, wire_position, wire_row, wire_trade

NOW = datetime(2025, 10, 28, 12, tzinfo=UTC)
LONGEST = 60_000
"""Bytes of a body that is mutated: longer ones are made of fewer records."""
SLOWEST_S = 2.0
MOST_GROWTH_MB = 24.0
TOKENS = (
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400, b"1e-400", b"null", b"true", b'""', b"{}", b"[]"),
    *(b'"\\ud800"', b'"\\u0000"', b'"\x1b[2J"', b'"\xe2\x80\xae"', b"\xff", b"\x00", b"\xef\xbb\xbf", b"\\"),
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"},{", b'"}],"'),
    *(b"[" * 2_000, b'{"a":' * 2_000, b"1" * 5_000),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1e308, -1e-300, "", "NaN", "1.5", "1,5", " 12 ", "1e999", [], {}, [[]]),
    *({"a": {}}, "\x1b]52;c;x\x07", "\u202e", "\ud800", "x" * 5_000, 2**63, 253402300800, 1761634797301),
)


@dataclass
class Outcome:
    bodies: int = 0
    whole: int = 0
    """Bodies that were malformed as a whole."""
    records: int = 0
    decoded: int = 0
    rejected: int = 0
    coerced: int = 0
    slowest_s: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)


def samples(folder: Path | None) -> list[tuple[str, bytes]]:
    """Good bodies of every endpoint."""
    now, begins = NOW.timestamp(), NOW.timestamp() - 90_000
    rows = [
        wire_row("m", 1e4, at=now - 60 * n, inception=begins, positions=[wire_position("B", 1, mark=2.0)])
        for n in range(4)
    ]
    made: list[tuple[str, Any]] = [
        ("account-totals", {"accountTotals": rows, "lastHourlyMarkerRead": 9, "serverTime": int(now * 1e3)}),
        ("trades", {"trades": [wire_trade("m", "B", 1.0, exit_at=now - n, number=n) for n in range(4)]}),
        ("conversations", {"conversations": [wire_decision("m", "s", at=now - n) for n in range(3)]}),
        ("crypto-prices", {"prices": {c: {"symbol": c, "price": 1.5, "timestamp": now} for c in "ABC"}}),
    ]
    found = [(endpoint, json.dumps(payload).encode()) for endpoint, payload in made]
    arena = SimulatedArena(seed=1, traders=3, start=NOW, history=timedelta(hours=3))
    found += [(endpoint, arena.answer(endpoint, NOW).body) for endpoint in FEED_BY_ENDPOINT]
    for item in find_recordings([folder]) if folder is not None and folder.is_dir() else ():
        body = item.read()
        try:
            endpoint = detect_endpoint(body)
        except SourceMalformed:
            continue
        if endpoint is not None:
            found.append((endpoint, body))
    return [(endpoint, shortened(endpoint, body)) for endpoint, body in found]


def shortened(endpoint: str, body: bytes) -> bytes:
    """Of a long body the first records."""
    while len(body) > LONGEST:
        payload = json.loads(body)
        held = payload[ENVELOPE_KEY_BY_ENDPOINT[endpoint]]
        if len(held) < 2:
            break
        payload[ENVELOPE_KEY_BY_ENDPOINT[endpoint]] = held[: len(held) // 2]
        body = json.dumps(payload).encode()
    return body


def mutate(body: bytes, dice: random.Random) -> tuple[str, bytes]:
    """The body after one to four changes of one kind."""
    kind = dice.choice(tuple(CHANGES))
    for _ in range(dice.choice((1, 1, 2, 4))):
        body = CHANGES[kind](body, dice)
    return kind, body


def _flip(body: bytes, dice: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(dice.choice((1, 3, 30))):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _cut(body: bytes, dice: random.Random) -> bytes:
    return body[: dice.randrange(len(body) + 1)]


def _remove(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + body[at + dice.choice((1, 2, 20, 2_000)) :]


def _double(body: bytes, dice: random.Random) -> bytes:
    at, length = dice.randrange(len(body) + 1), dice.choice((1, 40, 900, 9_000))
    return body[: at + length] + body[at : at + length] + body[at + length :]


def _insert(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + dice.choice(TOKENS) + body[at:]


def _instead(body: bytes, dice: random.Random) -> bytes:
    """A hostile token where a value stood."""
    at = body.find(b": ", dice.randrange(len(body) + 1))
    end = min((found for found in (body.find(c, at + 2) for c in (b",", b"}")) if found >= 0), default=-1)
    return body if at < 0 or end < 0 else body[: at + 2] + dice.choice(TOKENS) + body[end:]


def _retype(body: bytes, dice: random.Random) -> bytes:
    """Another value, key or record somewhere in the tree."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return body
    node = tree
    for _ in range(dice.randrange(1, 7)):
        if not isinstance(node, dict | list) or not node:
            break
        key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        if dice.random() < 0.4 or not isinstance(node[key], dict | list):
            _change(node, key, dice)
            break
        node = node[key]
    try:
        return json.dumps(tree).encode()
    except (ValueError, RecursionError):
        return body


def _change(node: Any, key: Any, dice: random.Random) -> None:
    odd = dice.choice(ODD_VALUES)
    match dice.randrange(4), node:
        case 0, dict():
            node[f"new_{dice.randrange(30)}"] = odd
        case 1, dict():
            del node[key]
        case 2, list():
            node.insert(key, odd)
        case _:
            node[key] = odd


CHANGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes flipped": _flip,
    "cut off": _cut,
    "a piece removed": _remove,
    "a piece doubled": _double,
    "a token inserted": _insert,
    "a token for a value": _instead,
    "another type": _retype,
    "another charset": lambda body, dice: body.decode("utf-8", "replace").encode(
        dice.choice(("utf-16", "utf-32", "latin-1", "cp037")), "replace"
    ),
    "packed": lambda body, dice: gzip.compress(body, 1),
}


def read(endpoint: str, body: bytes, dice: random.Random, outcome: Outcome) -> None:
    """One body in pieces. Raises AssertionError for anything that must not be."""
    decoding = BodyDecoder(
        endpoint,
        NOW,
        Roster(),
        plausibility=PlausibilityFilter(lambda key: 10_000.0),
        clock_ahead=timedelta(),
    )
    step = dice.choice((7, 1_000, 65_536, len(body) or 1)) if len(body) < 100_000 else 65_536
    try:
        for start in range(0, len(body), max(step, len(body) // 2_000)):
            decoding.feed(body[start : start + max(step, len(body) // 2_000)])
        batch = decoding.finish()
    except SourceMalformed as error:
        outcome.whole += 1
        _check_kept(error)
        return
    of_positions = sum(reject.reason.startswith("position of ") for reject in batch.rejects)
    found = batch.size + len(batch.rejects) - of_positions + decoding.repeat_count
    assert found >= decoding.record_count, f"{decoding.record_count - found} records are missing"
    outcome.records += decoding.record_count
    outcome.decoded += batch.size
    outcome.rejected += len(batch.rejects)
    outcome.coerced += batch.coerced
    packed = encode_envelope(Envelope(batch))
    assert (
        decode_envelope(parse_header(packed[: HEADER_STRUCT.size]), packed[HEADER_STRUCT.size :]).record_count
        == Envelope(batch).record_count
    )
    for reject in batch.rejects:
        shown = sanitise(reject.reason) + sanitise(reject.raw)
        assert sanitise(shown) == shown, "the sanitiser left something"


def _check_kept(error: SourceMalformed) -> None:
    assert error.reject is not None, "a malformed body was not kept"
    assert sanitise_line(str(error)) == sanitise_line(sanitise_line(str(error)))


def run(bodies: int, seed: int, found: list[tuple[str, bytes]]) -> tuple[Outcome, float]:
    """All of them, and by how many MB memory grew after the first tenth."""
    dice, outcome, settled = random.Random(seed), Outcome(), 0.0
    for number in range(bodies):
        endpoint, good = dice.choice(found)
        kind, body = mutate(good, dice)
        outcome.kinds[kind] += 1
        began = time.perf_counter()
        try:
            read(endpoint, body, dice, outcome)
        except Exception:
            print(f"body {number} of seed {seed} ({kind}, {endpoint}): {body[:2_000]!r}", file=sys.stderr)
            raise
        taken = time.perf_counter() - began
        assert taken < SLOWEST_S, f"body {number} ({kind}) took {taken:.1f} s"
        outcome.slowest_s = max(outcome.slowest_s, taken)
        outcome.bodies += 1
        if number == bodies // 10:
            settled = _memory_mb()
    return outcome, _memory_mb() - settled


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=verbatim)
    parser.add_argument("--bodies", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a few seconds: only that it works")
    given = parser.parse_args()
    folder = os.environ.get("NOF1_RECORDINGS")
    found = samples(Path(folder) if folder else None)
    began = time.monotonic()
    outcome, grown_mb = run(500 if given.smoke else given.bodies, given.seed, found)
    print(f"{outcome.bodies:,} mutated bodies of {len(found)} good ones in {time.monotonic() - began:.0f} s")
    for kind, count in sorted(outcome.kinds.items()):
        print(f"  {count:7,}  {kind}")
    print(f"malformed as a whole, kept: {outcome.whole:,}")
    print(
        f"records: {outcome.records:,}, of them decoded {outcome.decoded:,} ({outcome.coerced:,} coerced), "
        f"in quarantine {outcome.rejected:,} with single positions, missing 0"
    )
    print(f"slowest body {1_000 * outcome.slowest_s:.0f} ms, memory {grown_mb:+.1f} MB after the first tenth")
    return 1 if grown_mb > MOST_GROWTH_MB else 0


if __name__ == "__main__":
    sys.exit(main())
