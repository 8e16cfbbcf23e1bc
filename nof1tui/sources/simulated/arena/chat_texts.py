"""What the traders of the simulated arena say: the chat line and the reasoning behind it.

Every text is made from the figures it speaks of, so that a reader can check one against the other.
"""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena.decisions import DecidedAction, DecisionCycle, PositionSnapshot
from nof1tui.sources.simulated.arena.market import COIN_SPECS, seeded_random
from nof1tui.sources.simulated.arena.rationale import render_phrase

_AHEAD = (
    "I’m up {ret} with {free} in cash, and {best} carries the book at {best_pnl}.",
    "Holding {n}; {best} is doing the work ({best_pnl}).",
    "Account stands at {equity}, up {ret}, and nothing in {coins} breaks my plan.",
    "{best} keeps trending my way ({best_pnl}). The market feels stretched, but no exit rule fired.",
    "Good stretch: {ret} ahead, {open_pnl} of it still open in {coins}.",
    "{equity} on the clock. My {best} thesis is playing out, {best_pnl} so far.",
)
_DIP = (
    "Still {ret} ahead overall, but {worst} gives some of it back ({worst_pnl}).",
    "{worst} is under water at {worst_pnl}; the account can take it at {equity}.",
    "Open positions cost me {open_pnl} right now, {worst} most of all. Overall I’m up {ret}.",
    "A pullback against {coins}. The 4h structure holds, so does my conviction.",
)
_BEHIND = (
    "I’m down {ret}, and {worst} isn’t helping ({worst_pnl}).",
    "Equity is {equity}. {worst} hurts at {worst_pnl}, yet its invalidation isn’t met.",
    "Rough patch: {ret} down, {open_pnl} open in {coins}.",
    "My {worst} position is under water at {worst_pnl}, still inside plan.",
    "Drawdown is part of this; {equity} left and {n} on the table.",
)
_COMEBACK = (
    "Down {ret} since the start, but {best} is pulling me back ({best_pnl}).",
    "The hole is {ret} deep, but {coins} are green: {open_pnl} and counting.",
    "Slowly recovering. {best} shows {best_pnl}, the account {equity}.",
    "{coins} finally move my way; {open_pnl} open against {ret} lost.",
)
_PATIENT = (
    "Stops and targets are in place → I sit on my hands.",
    "Chasing more here would be greed, so I hold.",
    "I keep {coins} exactly as planned and wait with {free} in reserve.",
    "No new trade this round: nothing offers two‑to‑one.",
    "Holding everything; the 3‑minute noise is not my timeframe.",
    "I won’t move a stop out of hope, nor a target out of greed.",
    "Funding is flat, momentum mixed [RSI in the middle], so no change.",
    "Next look in a few minutes, same rules.",
)
_FLAT_NOW = (
    "I’m flat with {free} in cash. No chart of the six offers two‑to‑one, so I wait.",
    "Sitting out with {equity}; the best trade right now is none, RSI is in the middle everywhere.",
    "All cash ({free}). I want a confirmed break with volume before I risk another dollar.",
    "No position, no problem. I’d rather miss a move than force one.",
)
_BROKE = (
    "There is {equity} left and no room for margin. I watch, I learn, I comment from the sidelines.",
    "With {equity} nothing sensible is left to trade. Leverage is a loan from your future self.",
)
_DID = {
    "buy_to_enter": ("I’m going long {size} {coin} at {lev}x. {why}", "Buying {size} {coin} ({lev}x). {why}"),
    "sell_to_enter": (
        "I’m shorting {size} {coin} at {lev}x. {why}",
        "New short: {size} {coin}, {lev}x. {why}",
    ),
    "close_position": ("I’m closing {size} {coin}. {why}", "Getting out of {size} {coin}. {why}"),
}


def render_summary(cycle: DecisionCycle) -> str:
    """One to three sentences in the first person: what the site shows as chat."""
    rng = seeded_random(cycle.seed, "summary")
    if cycle.actions:
        said = [_describe_action(rng, action) for action in cycle.actions[:2]]
        rest = len(cycle.actions) - len(said)
        return " ".join(said) + (f" And {rest} more change{'s' * (rest > 1)}." if rest else "")
    words = {
        "ret": f"{abs(cycle.return_pct):.1f}%",
        "free": f"${cycle.free_cash:,.0f}",
        "equity": f"${cycle.equity:,.0f}",
    }
    if not cycle.positions_after:
        return render_phrase(rng, _BROKE if cycle.equity < 400 else _FLAT_NOW, **words)
    best, worst = (pick(cycle.positions_after, key=lambda held: held.unrealized) for pick in (max, min))
    words |= {
        "n": f"my {len(cycle.positions_after)} positions" if len(cycle.positions_after) > 1 else f"my {_name(best)} position",
        "coins": ", ".join(_name(held) for held in cycle.positions_after),
        "best": _name(best), "best_pnl": _usd(best.unrealized),
        "worst": _name(worst), "worst_pnl": _usd(worst.unrealized),
        "open_pnl": _usd(sum(held.unrealized for held in cycle.positions_after)),
    }  # fmt: skip
    return f"{render_phrase(rng, _situation(cycle), **words)} {render_phrase(rng, _PATIENT, **words)}"


def _situation(cycle: DecisionCycle) -> tuple[str, ...]:
    winning = sum(held.unrealized for held in cycle.positions_after) >= 0
    if cycle.return_pct >= 0:
        return _AHEAD if winning else _DIP
    return _COMEBACK if winning else _BEHIND


def _describe_action(rng: Random, action: DecidedAction) -> str:
    return render_phrase(
        rng, _DID[action.signal],
        size=f"{action.quantity:g}", coin=COIN_SPECS[action.coin].symbol, lev=str(action.leverage), why=action.reason,
    )  # fmt: skip


_OPENINGS = (
    "Let me go through the book before looking for anything new.",
    "**Plan for this round** → check every invalidation first, then decide.",
    "First I need to check my open positions against their exit plans.",
    "Okay. Time, account, positions, market, in this order.",
)
_MARKET = (
    "- {coin}: {price} against EMA20 {ema}, MACD {macd}, RSI(7) {rsi} [{word}]",
    "- **{coin}** trades at {price}; 3m RSI {rsi} ({word}), MACD {macd}",
)
_CLOSINGS = (
    "Decision: stay disciplined. Fees eat the impatient (0.045% each way adds up).",
    "No reason to be clever here; the plan was made with a cool head and stands.",
    "Risk per position stays below my limit, and cash is a position, too.",
    "I double‑checked sizes and leverage → nothing breaches the rules.",
)


def render_reasoning(cycle: DecisionCycle) -> str:
    """The long trace behind the summary, Markdown-like, as a model would think aloud."""
    rng = seeded_random(cycle.seed, "reasoning")
    lines = [rng.choice(_OPENINGS), "", "## Positions"]
    lines += [
        _describe_position(rng, number, held) for number, held in enumerate(cycle.positions_before, start=1)
    ] or ["None, all cash."]
    lines += ["", "## Market"]
    template = rng.choice(_MARKET)
    for coin, price, sight in zip(COIN_SPECS, cycle.prices, cycle.snapshots, strict=True):
        _, ema, macd, rsi, _ = sight.bars[-1]
        word = "overbought" if rsi > 72 else "oversold" if rsi < 28 else "neutral"
        digits = coin.price_digits
        lines.append(template.format(coin=coin.symbol, price=f"{price:.{digits}f}", ema=f"{ema:.{digits}f}",
                                     macd=f"{macd:+.3g}", rsi=f"{rsi:.1f}", word=word))  # fmt: skip
    lines += ["", "## What I do"]
    lines += [f"{_describe_action(rng, action)}" for action in cycle.actions] or [
        "Nothing. No signal is strong enough."
    ]
    lines += [
        "",
        rng.choice(_CLOSINGS),
        f"Account {cycle.equity:,.2f} ({cycle.return_pct:+.2f}%), cash {cycle.free_cash:,.2f}.",
    ]
    return "\n".join(lines)


def _describe_position(rng: Random, number: int, held: PositionSnapshot) -> str:
    side = "Long" if held.quantity > 0 else "Short"
    way = (held.price - held.entry_price) / (held.plan.target - held.entry_price)
    verdict = (
        f"{way:.0%} of the way to {held.plan.target:g}" if way > 0
        else f"against me; the stop at {held.plan.stop:g} is {abs(held.price / held.plan.stop - 1):.1%} away"
    )  # fmt: skip
    rule = rng.choice((f"Rule: “{held.plan.invalidation}” → not met.", "Not invalidated.", "Plan stands."))
    return (
        f"{number}. {_name(held)} {side} {abs(held.quantity):g} @ {held.entry_price:g}, now {held.price:g} "
        f"({_usd(held.unrealized)}, {held.leverage}x)\n   - {verdict}\n   - {rule}"
    )


def _name(held: PositionSnapshot) -> str:
    return COIN_SPECS[held.coin].symbol


def _usd(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}${abs(value):,.0f}"
