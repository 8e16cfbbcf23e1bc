"""What the traders of the simulated arena write: the chat line and the reasoning behind it.

Every text is made from the figures it mentions, so that a reader can check one against the other.
The wording is in `prose.toml`.
"""

from __future__ import annotations

from random import Random

from nof1tui.sources.simulated.arena.decisions import DecidedAction, DecisionCycle, PositionSnapshot
from nof1tui.sources.simulated.arena.market import COIN_SPECS, seeded_random
from nof1tui.sources.simulated.arena.prose import SummaryProse, Templates, load_prose, render_phrase

_OVERBOUGHT_RSI, _OVERSOLD_RSI = 72, 28
_OUT_OF_MARGIN_BELOW_USD = 400


def render_summary(cycle: DecisionCycle) -> str:
    """One to three sentences in the first person: what the site shows as chat."""
    rng, texts = seeded_random(cycle.seed, "summary"), load_prose().summary
    if cycle.actions:
        sentences = [_describe_action(rng, action) for action in cycle.actions[:2]]
        rest = len(cycle.actions) - len(sentences)
        if rest:
            sentences.append(texts.more_changes.format(count=rest, plural="s" * (rest > 1)))
        return " ".join(sentences)
    words = {
        "ret": f"{abs(cycle.return_pct):.1f}%",
        "free": f"${cycle.free_cash:,.0f}",
        "equity": f"${cycle.equity:,.0f}",
    }
    if not cycle.positions_after:
        templates = texts.out_of_margin if cycle.equity < _OUT_OF_MARGIN_BELOW_USD else texts.flat
        return render_phrase(rng, templates, **words)
    words |= _position_words(cycle.positions_after, texts)
    return f"{render_phrase(rng, _situation(cycle), **words)} {render_phrase(rng, texts.patient, **words)}"


def _position_words(positions: tuple[PositionSnapshot, ...], texts: SummaryProse) -> dict[str, str]:
    best, worst = (pick(positions, key=lambda position: position.unrealized) for pick in (max, min))
    count = len(positions)
    return {
        "n": texts.many_positions.format(count=count)
        if count > 1
        else texts.one_position.format(coin=_symbol(best)),
        "coins": ", ".join(map(_symbol, positions)),
        "best": _symbol(best),
        "best_pnl": _usd(best.unrealized),
        "worst": _symbol(worst),
        "worst_pnl": _usd(worst.unrealized),
        "open_pnl": _usd(sum(position.unrealized for position in positions)),
    }


def _situation(cycle: DecisionCycle) -> Templates:
    texts = load_prose().summary
    winning = sum(position.unrealized for position in cycle.positions_after) >= 0
    if cycle.return_pct >= 0:
        return texts.ahead if winning else texts.dip
    return texts.comeback if winning else texts.behind


def _describe_action(rng: Random, action: DecidedAction) -> str:
    return render_phrase(
        rng,
        load_prose().summary.actions[action.signal],
        size=f"{action.quantity:g}",
        coin=COIN_SPECS[action.coin].symbol,
        lev=str(action.leverage),
        why=action.reason,
    )


def render_reasoning(cycle: DecisionCycle) -> str:
    """The long trace behind the summary, Markdown-like, as a model would think aloud."""
    rng, texts = seeded_random(cycle.seed, "reasoning"), load_prose().reasoning
    lines = [rng.choice(texts.openings), "", texts.positions_heading]
    lines += [
        _describe_position(rng, number, position)
        for number, position in enumerate(cycle.positions_before, start=1)
    ] or [texts.no_positions]
    lines += ["", texts.market_heading, *_market_lines(cycle, rng.choice(texts.market_lines))]
    lines += ["", texts.actions_heading]
    lines += [_describe_action(rng, action) for action in cycle.actions] or [texts.no_actions]
    lines += [
        "",
        rng.choice(texts.closings),
        texts.account.format(equity=cycle.equity, return_pct=cycle.return_pct, free_cash=cycle.free_cash),
    ]
    return "\n".join(lines)


def _market_lines(cycle: DecisionCycle, template: str) -> list[str]:
    texts, lines = load_prose().reasoning, list[str]()
    for coin, price, snapshot in zip(COIN_SPECS, cycle.prices, cycle.snapshots, strict=True):
        _, ema, macd, rsi, _ = snapshot.bars[-1]
        digits = coin.price_digits
        lines.append(
            template.format(
                coin=coin.symbol,
                price=f"{price:.{digits}f}",
                ema=f"{ema:.{digits}f}",
                macd=f"{macd:+.3g}",
                rsi=f"{rsi:.1f}",
                word=texts.overbought
                if rsi > _OVERBOUGHT_RSI
                else texts.oversold
                if rsi < _OVERSOLD_RSI
                else texts.neutral,
            )
        )
    return lines


def _describe_position(rng: Random, number: int, position: PositionSnapshot) -> str:
    texts, plan, price = load_prose().reasoning, position.plan, position.price
    progress = (price - position.entry_price) / (plan.target - position.entry_price)
    if progress > 0:
        verdict = texts.towards_target.format(progress=progress, target=plan.target)
    else:
        verdict = texts.against.format(stop=plan.stop, distance=abs(price / plan.stop - 1))
    return texts.position.format(
        number=number,
        coin=_symbol(position),
        side="Long" if position.quantity > 0 else "Short",
        size=abs(position.quantity),
        entry=position.entry_price,
        price=price,
        pnl=_usd(position.unrealized),
        leverage=position.leverage,
        verdict=verdict,
        rule=rng.choice(texts.rules).format(invalidation=plan.invalidation),
    )


def _symbol(position: PositionSnapshot) -> str:
    return COIN_SPECS[position.coin].symbol


def _usd(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}${abs(value):,.0f}"
