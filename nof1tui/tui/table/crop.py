"""Crops and filters a widget's strips for the compositor, without Textual's cache of styles."""

from __future__ import annotations

from collections.abc import Sequence

from textual.filter import ANSIToTruecolor
from textual.geometry import NULL_SPACING, Region
from textual.strip import Strip
from textual.widget import Widget


def needs_no_decoration(widget: Widget, crop: Region) -> bool:
    """Whether the widget's lines are shown without border, padding and opacity.

    A scrollbar does not count: Textual paints it over the ends of the lines.
    """
    return widget.styles.gutter == NULL_SPACING and widget.opacity >= 1.0 and crop.right <= widget.size.width


def crop_strips(widget: Widget, strips: Sequence[Strip], crop: Region) -> list[Strip]:
    """The strips cropped to `crop`, after the app's filters (such as NO_COLOR).

    The filter that turns ANSI colours into exact ones is skipped: these strips use the theme's colours.
    """
    lines = list(strips)
    for line_filter in widget.get_line_filters():
        if line_filter.enabled and not isinstance(line_filter, ANSIToTruecolor):
            background = widget.background_colors[1]
            lines = [strip.apply_filter(line_filter, background) for strip in lines]
    if crop.column_span != (0, widget.size.width):
        lines = [strip.crop(crop.x, crop.right) for strip in lines]
    return lines
