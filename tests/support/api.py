"""The HTTP API over a store, asked in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from nof1tui.api.application import ApiApplication
from nof1tui.api.live_board import LiveBoard
from nof1tui.api.options import ApiOptions
from nof1tui.cli.handlers import serve
from nof1tui.domain.board import Board
from nof1tui.runtime.arenas import live_arena
from nof1tui.runtime.engine import ArenaEngine
from nof1tui.settings.model import load_settings

_T = TypeVar("_T")
Get = Callable[..., Awaitable[httpx.Response]]


class OwnerPeer:
    """An application as it is asked over the Unix socket of its owner."""

    def __init__(self, application: ApiApplication) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application({**scope, "state": {"peer": "owner"}}, receive, send)


@asynccontextmanager
async def running_api(*, owner: bool = True, **settings: object) -> AsyncIterator[tuple[ApiApplication, Get]]:
    """The API on the store of the environment, and a function that asks it, once its board was read."""
    loaded = load_settings({"read_only": True, "serve_rate": "off", **settings})
    arena = replace(live_arena(loaded, on_progress=lambda text: None), read_only=True)
    engine, live = ArenaEngine(arena), LiveBoard(Board(arena.roster), serve.utc_now)
    application = serve.build_application(loaded, engine, live, ApiOptions(public=not owner))
    following = asyncio.create_task(engine.run(live.publish))
    try:
        async with asyncio.timeout(30):
            while live.generation < 2 or not live.was_read:
                await asyncio.sleep(0)
                await asyncio.wait({following}, timeout=0.01)
        transport = httpx.ASGITransport(OwnerPeer(application) if owner else application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield application, client.get
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def ask(questions: Callable[[Get], Awaitable[_T]], **settings: Any) -> _T:
    """What these questions return, asked of a running API."""

    async def run() -> _T:
        async with running_api(**settings) as (_, get):
            return await questions(get)

    return asyncio.run(run())
