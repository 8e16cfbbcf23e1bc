"""Keys that arrive faster than they are handled wait here, so that fast typing has the effect of slow typing.

Textual forwards each key to the widget that has the focus when the key arrives, which may be before
the key in front of it has moved the focus: of `/qwen` the letters would run as commands. Here one key
is let through at a time. A marker follows it along the same way, from the focused widget up to the
app; when markers have passed and the focus has stayed the same, the next key is let through.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

TypedEvent = events.Key | events.Paste
MARKERS_PER_KEY = 3
"""A line that closes posts two messages in turn before the focus moves: a marker for each, and one more."""
LONGEST_WAIT_S = 3.0
"""The next key is let through after this time though no marker has passed."""
_NEVER_HELD = frozenset({"ctrl+c"})


class TypeAhead:
    """Lets typed events through one at a time; the others wait in order."""

    def __init__(self, app: App[Any], dispatch: Callable[[TypedEvent], Awaitable[None]]) -> None:
        """`dispatch` hands an event to the focused widget."""
        self._app = app
        self._dispatch = dispatch
        self._held: deque[TypedEvent] = deque()
        self._markers_left = MARKERS_PER_KEY
        """0 while every key so far has had its effect; the first screen counts as one."""
        self._marker = 0
        """Number of the marker on its way; earlier ones are ignored."""
        self._target: DOMNode | None = None
        self._timeout: asyncio.TimerHandle | None = None

    async def take(self, event: TypedEvent) -> None:
        """Dispatch the event now, or after those before it."""
        if isinstance(event, events.Key) and event.key in _NEVER_HELD:
            await self._dispatch(event)
        elif self._markers_left:
            self._held.append(event)
        else:
            await self._let_through(event)

    def open(self) -> None:
        """Begin, once the first screen has handled the messages it has by now."""
        self._send_marker(self._focus())

    async def _let_through(self, event: TypedEvent) -> None:
        focus = self._focus()
        self._markers_left = MARKERS_PER_KEY
        await self._dispatch(event)
        self._send_marker(focus)

    def _send_marker(self, target: DOMNode) -> None:
        """Send a marker from the target up to the app, behind what each of them has to handle."""
        self._marker += 1
        self._target = target
        self._pass_on(self._marker, list(target.ancestors_with_self))
        if self._timeout is not None:
            self._timeout.cancel()
        self._timeout = asyncio.get_running_loop().call_later(
            LONGEST_WAIT_S, self._app.call_next, self._settle, self._marker
        )

    def _pass_on(self, marker: int, way: list[DOMNode]) -> None:
        """Queue the marker at the next node of its way that still takes messages."""
        for index, node in enumerate(way):
            if node is self._app:
                self._app.call_later(self._settle, marker)
            elif node.call_later(self._pass_on, marker, way[index + 1 :]):
                return

    async def _settle(self, marker: int) -> None:
        """The marker has reached the app: send the next one, or let the next key through."""
        if marker != self._marker or not self._markers_left:
            return
        focus = self._focus()
        self._markers_left = self._markers_left - 1 if focus is self._target else MARKERS_PER_KEY
        if self._markers_left:
            self._send_marker(focus)
            return
        if self._timeout is not None:
            self._timeout.cancel()
        if self._held:
            await self._let_through(self._held.popleft())

    def _focus(self) -> DOMNode:
        return self._app.focused or self._app.screen
