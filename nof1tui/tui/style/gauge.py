"""A gauge: a line with a mark between two ends."""

from __future__ import annotations


def gauge(fraction: float | None, width: int, ascii: bool = False) -> str:  # noqa: A002
    """`width` characters with the mark at this fraction, which is limited to 0 to 1.

    Without a fraction (None or NaN) the text is spaces.
    """
    if width <= 0:
        return ""
    if fraction is None or fraction != fraction:
        return " " * width
    line, mark = ("-", "o") if ascii else ("━", "●")
    place = round(min(max(fraction, 0.0), 1.0) * (width - 1))
    return line * place + mark + line * (width - 1 - place)
