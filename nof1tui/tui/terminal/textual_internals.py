"""The private parts of Textual and Rich that the program uses, each with its check and its fallback.

Every other module uses public names only. A part that is not as in the versions known here is left
alone: the program then runs with Textual's own behaviour, and `log_missing` writes one line for it.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.segment import Segment
from textual.app import App
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.driver import Driver

if TYPE_CHECKING:
    from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
else:
    try:
        from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
    except ImportError:
        ChopsUpdate = CompositorUpdate = LayoutUpdate = object

__all__ = ["PARTS", "ChopsUpdate", "CompositorUpdate", "LayoutUpdate", "Part", "log_missing"]

log = logging.getLogger(__name__)

Display = Callable[[Any, Any], None]
"""Sends one update of a screen to the terminal."""


class Part(NamedTuple):
    """A private part of a library."""

    name: str
    purpose: str
    """What the program uses it for."""
    fallback: str
    """What happens without it."""
    check: Callable[[], bool]
    """Whether it exists in the known shape; may raise where it does not."""

    @property
    def is_available(self) -> bool:
        """Whether this Textual and this Rich have the part in the known shape."""
        try:
            return self.check()
        except (ImportError, AttributeError, TypeError, ValueError):
            return False


def log_missing() -> None:
    """Write one warning for each part that is not as expected."""
    for part in PARTS:
        if not part.is_available:
            log.warning("%s is not as expected (%s): %s", part.name, part.purpose, part.fallback)


# Sending frames


def _has_display() -> bool:
    return (
        _parameters(App._display) == ["self", "screen", "renderable"]
        and _parameters(LayoutUpdate.__init__) == ["self", "strips", "region"]
        and _parameters(ChopsUpdate.__init__) == ["self", "chops", "spans", "chop_ends"]
        and _parameters(CompositorUpdate.render_segments) == ["self", "console"]
    )


DISPLAY = Part(
    "textual.app.App._display with textual._compositor's updates",
    "sends only the cells that changed",
    "Textual sends every refreshed cell",
    _has_display,
)


def can_replace_display(app: App[Any]) -> bool:
    """Whether the app sends its frames with Textual's own, known method."""
    return DISPLAY.is_available and type(app)._display is App._display


def stock_display(app: App[Any]) -> Display:
    """The method that sends this app's frames."""
    return app._display


def replace_display(app: App[Any], display: Display) -> None:
    """Send this app's frames with `display` from now on."""
    vars(app)["_display"] = display


def replaced_display(app: App[Any]) -> Display | None:
    """What `replace_display` was called with; None where the app sends its frames itself."""
    display: Display | None = vars(app).get("_display")
    return display


# Errors that end the app


def _has_fatal_error() -> bool:
    return (
        _parameters(App._fatal_error) == ["self"]
        and _parameters(App._close_messages_no_wait) == ["self"]
        and _uses(App._handle_exception, "_fatal_error")
    )


FATAL_ERROR = Part(
    "textual.app.App._fatal_error and _close_messages_no_wait",
    "logs a crash instead of printing it with the values of variables",
    "Textual prints the traceback to the terminal",
    _has_fatal_error,
)


def replace_fatal_error(app: App[Any], log_crash: Callable[[], None]) -> None:
    """On an unhandled error call `log_crash` and close the app, in place of Textual's traceback."""
    if not FATAL_ERROR.is_available:
        return

    def close() -> None:
        log_crash()
        app._close_messages_no_wait()

    vars(app)["_fatal_error"] = close


# The driver


def _has_app_driver() -> bool:
    return _uses(App.__init__, "_driver")


APP_DRIVER = Part(
    "textual.app.App._driver",
    "sends alert sequences and counts the bytes sent",
    "alerts ring no terminal, and bytes are not counted",
    _has_app_driver,
)


def driver_of(app: App[Any]) -> Driver | None:
    """The driver of a running app; None before it runs, and where Textual has it elsewhere."""
    return getattr(app, "_driver", None)


def _has_driver_output() -> bool:
    from textual.drivers.linux_driver import LinuxDriver

    return _uses(LinuxDriver.__init__, "_file") and _uses(LinuxDriver.start_application_mode, "_file")


DRIVER_OUTPUT = Part(
    "textual.drivers.linux_driver.LinuxDriver._file",
    "writes to the terminal without blocking the app",
    "Textual's own driver writes, and a terminal that stops reading blocks the app",
    _has_driver_output,
)


def driver_output(driver: Driver) -> Any:
    """The file that this driver writes to."""
    return vars(driver)["_file"]


def replace_driver_output(driver: Driver, output: Any) -> None:
    """Have this driver write to `output`; call it before the driver starts."""
    vars(driver)["_file"] = output


def _has_size_query() -> bool:
    from textual.drivers.linux_driver import LinuxDriver

    return _parameters(LinuxDriver._get_terminal_size) == ["self"]


SIZE_QUERY = Part(
    "textual.drivers.linux_driver.LinuxDriver._get_terminal_size",
    "gives a terminal without a size 80 by 24 cells",
    "the size is set once, at start",
    _has_size_query,
)


def before_size_query(driver: Any, prepare: Callable[[], None]) -> None:
    """Call `prepare` each time before this driver reads the terminal's size, and now."""
    prepare()
    if not SIZE_QUERY.is_available:
        return
    stock: Callable[[], tuple[int, int]] = driver._get_terminal_size

    def query() -> tuple[int, int]:
        prepare()
        return stock()

    vars(driver)["_get_terminal_size"] = query


# Keys


def _has_bindings() -> bool:
    return _uses(DOMNode.__init__, "_bindings") and isinstance(BindingsMap().key_to_bindings, dict)


BINDINGS = Part(
    "textual.dom.DOMNode._bindings",
    "leaves a key of a table to its screen",
    "the table keeps the key",
    _has_bindings,
)


def remove_binding(widget: DOMNode, key: str) -> None:
    """Remove the widget's own binding of this key, so that it reaches the screen."""
    if BINDINGS.is_available:
        widget._bindings.key_to_bindings.pop(key, None)


# Memory


def _has_split_cache() -> bool:
    cache: Any = Segment._split_cells
    return callable(cache.cache_clear) and cache.cache_info().currsize >= 0


SPLIT_CACHE = Part(
    "rich.segment.Segment._split_cells",
    "frees the cache of split text",
    "the cache grows to its own limit, some 10 MB",
    _has_split_cache,
)


def split_cache_size() -> int:
    """Entries in Rich's cache of split text; 0 where Rich has none."""
    cache: Any = getattr(Segment, "_split_cells", None)
    return int(cache.cache_info().currsize) if SPLIT_CACHE.is_available else 0


def clear_split_cache() -> None:
    """Empty Rich's cache of split text."""
    cache: Any = getattr(Segment, "_split_cells", None)
    if SPLIT_CACHE.is_available:
        cache.cache_clear()


PARTS = (DISPLAY, FATAL_ERROR, APP_DRIVER, DRIVER_OUTPUT, SIZE_QUERY, BINDINGS, SPLIT_CACHE)
"""Every part, checked at start."""


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def _uses(function: Any, name: str) -> bool:
    """Whether the code of a function reads or sets an attribute of this name."""
    return name in function.__code__.co_names
