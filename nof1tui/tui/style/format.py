"""Figures and times as text for the screen: the only place where values are rounded.

`None` is `–`. Gains and losses have a sign, so that colour is never the only distinction.
Times are shown in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite

from nof1tui.domain.sanitisation import sanitise as sanitise
from nof1tui.domain.sanitisation import sanitise_line as sanitise_line

UNKNOWN = "–"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def coin(symbol: str, width: int) -> str:
    """A coin for a column: where `xyz:NVDA` is too wide, `NVDA`."""
    text = sanitise_line(symbol, 24)
    return text if len(text) <= width else text.rpartition(":")[2]


def _known(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _signed(value: float, body: str) -> str:
    """The text with a sign, without one when the rounded figure is zero."""
    if not any(digit in body for digit in "123456789"):
        return body
    return f"-{body}" if value < 0 else f"+{body}"


def tone(value: float | None) -> str:
    """The style token of a gain, a loss, or neither."""
    if _known(value) is None or value == 0 or value is None:
        return ""
    return "gain" if value > 0 else "loss"


def usd(value: float | None) -> str:
    """An amount of money: `$21,610.74`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    return f"{'-' if known < 0 else ''}${abs(known):,.2f}"


def gain_usd(value: float | None, *, cents: bool = False) -> str:
    """A gain or loss: `+$3,512`, with cents `+$185.86`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    return _signed(known, f"${abs(known):,.{2 if cents else 0}f}")


def compact_usd(value: float | None) -> str:
    """An amount in few cells: `$129.40`, `$1,613`, `$21.6k`, `$1.25M`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    sign, size = "-" if known < 0 else "", abs(known)
    for limit, divisor, digits, suffix in (
        (1e3, 1, 2, ""),
        (1e4, 1, 0, ""),
        (1e6, 1e3, 1, "k"),
        (1e9, 1e6, 2, "M"),
    ):
        if round(size / divisor, digits) * divisor < limit:
            return f"{sign}${size / divisor:,.{digits}f}{suffix}"
    return f"{sign}${size / 1e9:,.2f}B"


def pct(value: float | None, digits: int = 1) -> str:
    """A change in percent: `+116.1%`."""
    known = _known(value)
    return UNKNOWN if known is None else _signed(known, f"{abs(known):,.{digits}f}%")


def points(value: float | None) -> str:
    """A difference of percentages: `+64.3pp`."""
    known = _known(value)
    return UNKNOWN if known is None else _signed(known, f"{abs(known):,.1f}pp")


def price(value: float | None) -> str:
    """A price with as many decimals as its size needs: `114,502.5`, `199.89`, `2.6438`, `0.20004`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    size = abs(known)
    for floor, digits in ((10_000, 1), (10, 2), (1, 4), (0.1, 5), (0.001, 7)):
        if size >= floor:
            return f"{known:,.{digits}f}"
    return f"{known:.4g}" if size else "0"


def quantity(value: float | None) -> str:
    """An unsigned size: `4.87`, `1,476`, `0.00123`; the side is shown beside it."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    size = abs(known)
    digits = 0 if size >= 1_000 else 2 if size >= 10 else 4 if size >= 0.01 else 8
    text = f"{size:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def multiple(value: float | None, digits: int = 1) -> str:
    """A multiple: `3.1x`, leverage `10x`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    return f"{known:,.{digits}f}x"


def leverage(value: float | None) -> str:
    """A leverage: `10x`, `2.5x`."""
    known = _known(value)
    return UNKNOWN if known is None else f"{known:.{0 if known == int(known) else 1}f}x"


def ratio(value: float | None, digits: int = 2) -> str:
    """A bare figure such as Sharpe: `0.47`."""
    known = _known(value)
    if known is None:
        return UNKNOWN
    text = f"{known:,.{digits}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


def share(value: float | None) -> str:
    """A percentage without a sign, such as a win rate: `12%`."""
    known = _known(value)
    return UNKNOWN if known is None else f"{known:.0f}%"


def risk(value: float | None) -> str:
    """P&L divided by the stated risk: `+1.8R`."""
    known = _known(value)
    return UNKNOWN if known is None else _signed(known, f"{abs(known):.1f}R")


def number(value: int | None) -> str:
    """A count: `1,476`."""
    return UNKNOWN if value is None else f"{value:,}"


def byte_size(count: int | None) -> str:
    """Bytes in three digits: `812 B`, `63.1 kB`, `7.4 MB`."""
    if count is None:
        return UNKNOWN
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1_000:
            break
        amount, unit = amount / 1_000, larger
    digits = 0 if unit == "B" or amount >= 100 else 1
    return f"{amount:.{digits}f} {unit}"


def milliseconds(seconds: float | None) -> str:
    """A latency: `84 ms`, `2.3 s`."""
    known = _known(seconds)
    if known is None:
        return UNKNOWN
    return f"{known:.1f} s" if known >= 1 else f"{known * 1_000:.0f} ms"


def age(seconds: float | None) -> str:
    """An age in one unit: `3s`, `4m`, `2h`, `3d`; 0 where clock skew makes it negative."""
    known = _known(seconds)
    if known is None:
        return UNKNOWN
    whole = max(0, int(known))
    for limit, unit, name in ((_MINUTE_S, 1, "s"), (_HOUR_S, _MINUTE_S, "m"), (2 * _DAY_S, _HOUR_S, "h")):
        if whole < limit:
            return f"{whole // unit}{name}"
    return f"{whole // _DAY_S}d"


def clock_skew(seconds: float) -> str:
    """Difference of the server's clock from ours: `42s ahead of`, `3m behind`."""
    return f"{age(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'}"


def duration(seconds: float | None) -> str:
    """A duration in the two largest units: `42s`, `12m`, `19h 2m`, `3d 4h`."""
    known = _known(seconds)
    if known is None:
        return UNKNOWN
    whole = max(0, int(known))
    if whole < _MINUTE_S:
        return f"{whole}s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S}m"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S}h {whole % _HOUR_S // _MINUTE_S}m"
    return f"{whole // _DAY_S}d {whole % _DAY_S // _HOUR_S}h"


def time_of_day(at: datetime | None) -> str:
    """`07:03`"""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%H:%M")


def day_and_time(at: datetime | None) -> str:
    """`28 Oct 07:03`"""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%d %b %H:%M").lstrip("0")


def day(at: datetime | None) -> str:
    """`28 Oct`"""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%d %b").lstrip("0")


def moment(at: datetime | None) -> str:
    """`2025-10-27 14:00Z`"""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
