"""From a widget's own strips to what the compositor asks for, without the styles' cache between."""

from __future__ import annotations

from collections.abc import Sequence

from textual.filter import ANSIToTruecolor
from textual.geometry import NULL_SPACING, Region
from textual.strip import Strip
from textual.widget import Widget


def needs_no_decoration(widget: Widget, crop: Region) -> bool:
    """Whether nothing (frame, padding, opacity) has to be added to the widget's own lines.

    A scrollbar is none of its lines: it is painted over their ends by itself.
    """
    return widget.styles.gutter == NULL_SPACING and widget.opacity >= 1.0 and crop.right <= widget.size.width


def crop_strips(widget: Widget, strips: Sequence[Strip], crop: Region) -> list[Strip]:
    """The columns of `crop` out of its lines, through the app's filters (such as NO_COLOR).

    Colours of these lines come from the theme as they are to be, so the filter that makes a
    terminal's own colours exact has nothing to do here.
    """
    lines = list(strips)
    for line_filter in widget.get_line_filters():
        if line_filter.enabled and not isinstance(line_filter, ANSIToTruecolor):
            background = widget.background_colors[1]
            lines = [strip.apply_filter(line_filter, background) for strip in lines]
    if crop.column_span != (0, widget.size.width):
        lines = [strip.crop(crop.x, crop.right) for strip in lines]
    return lines
