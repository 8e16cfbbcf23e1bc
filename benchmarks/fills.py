"""Fills folded to trades: how long a long history takes, and whether anything of it is lost.

    python benchmarks/fills.py [--smoke]

Lives of wallets are random: opens, adds, partial closes, flips, many fills a millisecond, half of them
without a name of their own; given shuffled and partly twice. Times are CPU times; the baseline sums the same
fills up, and no more. A life does not add up if its gross, fees or positions differ from plain sums.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.report import Figure, arguments, middle, show

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.fills.round_trips import build_ledger, positions_at
from nof1tui.domain.fills.wallet_history import WalletHistory

MOST_RATIO = 50.0
MOST_MS = 100.0
"""For which nothing else is drawn, however many fills share a millisecond."""
PAGE = 2_000
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
COINS = ("BTC", "ETH", "SOL", "xyz:NVDA")


def life(dice: random.Random, count: int, *, together: float) -> list[Fill]:
    """A wallet's fills in order; that share of them within the millisecond of the one before."""
    held: dict[str, tuple[Decimal, Decimal]] = {}
    fills, at, named = list[Fill](), BEGIN, dice.random() < 0.5
    for number in range(count):
        at += timedelta(milliseconds=0 if dice.random() < together else dice.randrange(1, 600_000))
        coin = dice.choice(COINS)
        position, cost = held.get(coin, (ZERO, ZERO))
        price = Decimal(dice.randrange(90_000, 110_000)) / 1000
        signed = Decimal(dice.randrange(1, 200_000)) * dice.choice((1, -1)) / 100_000
        if position and dice.random() < 0.2:
            signed = -position
        closing = min(abs(position), abs(signed)) if position * signed < 0 else ZERO
        gone = cost * closing / abs(position) if position else ZERO
        pnl = round((closing * price - gone) * (1 if position > 0 else -1), 6)
        held[coin] = (position + signed, cost - gone + (abs(signed) - closing) * price)
        fills.append(
            Fill(
                coin=coin,
                price=price,
                size=abs(signed),
                is_buy=signed > 0,
                at=at,
                start_position=position,
                closed_pnl=pnl,
                fee=round(abs(signed) * price * dice.choice((450, -20)) / 1_000_000, 6),
                oid=number,
                hash=f"0x{number:064x}" if named else "0x0",
                tid=number if named else None,
            )
        )
    return fills


def shuffled_with_repeats(dice: random.Random, fills: Sequence[Fill]) -> list[Fill]:
    """Shuffled, some of them twice."""
    each = [*fills, *dice.choices(fills, k=len(fills) // 10)]
    dice.shuffle(each)
    return each


def adds_up(dice: random.Random, fills: Sequence[Fill]) -> bool:
    ledger = build_ledger(shuffled_with_repeats(dice, fills))
    positions = {fill.coin: fill.end_position for fill in fills}
    return (
        ledger.complete
        and ledger.gross == sum(fill.closed_pnl or ZERO for fill in fills)
        and ledger.fees == sum(fill.fee for fill in fills)
        and {coin: held for coin, held in positions.items() if held}
        == {coin: episode.quantity for coin, episode in ledger.open.items()}
        and all(episode.entered == episode.exited for episode in ledger.closed)
    )


def by_the_page(fills: Sequence[Fill]) -> None:
    book = WalletHistory()
    for begin in range(0, len(fills), PAGE):
        book.add(fills[begin : begin + PAGE], ())
        book.settle(fills[begin].at)


def sums(fills: Sequence[Fill]) -> None:
    gross, fees, positions = ZERO, ZERO, dict[str, Decimal]()
    for fill in fills:
        gross += fill.closed_pnl or ZERO
        fees += fill.fee
        positions[fill.coin] = positions.get(fill.coin, ZERO) + fill.signed_size


def took_ms(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        begin = time.thread_time()
        work()
        spent.append((time.thread_time() - begin) * 1000)
    return middle(spent)


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    dice, count, times, lives = random.Random(8), 10_000, 1 if smoke else 15, 100 if smoke else 20_000
    fills = life(dice, count, together=0.4)
    shuffled, crowd = (
        shuffled_with_repeats(dice, fills),
        shuffled_with_repeats(dice, life(dice, 2_000, together=1.0)),
    )
    moments = [BEGIN + timedelta(hours=hours) for hours in range(1_000)]
    plain = took_ms(lambda: sums(fills), times)
    lost = sum(not adds_up(dice, life(dice, dice.randrange(1, 60), together=0.4)) for _ in range(lives))
    show(
        f"{count:,} fills to trades",
        "their sums",
        [
            Figure(
                "folded at once", took_ms(lambda: build_ledger(shuffled), times), plain, goal_ratio=MOST_RATIO
            ),
            Figure(f"by pages of {PAGE:,}", took_ms(lambda: by_the_page(fills), times), plain),
            Figure(
                "positions at 1,000 moments", took_ms(lambda: positions_at(shuffled, moments), times), plain
            ),
            Figure("2,000 in one millisecond", took_ms(lambda: build_ledger(crowd), times), goal=MOST_MS),
            Figure(f"of {lives:,} random lives do not add up", lost, unit="", goal=0),
        ],
    )


if __name__ == "__main__":
    main()
