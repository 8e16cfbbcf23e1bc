"""`serve`: joins the follower of a store with the HTTP API, and listens."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import secrets
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from nof1tui import __version__
from nof1tui.api.access import Access, parse_rate
from nof1tui.api.application import ApiApplication
from nof1tui.api.endpoints import api_endpoints
from nof1tui.api.live_board import LiveBoard
from nof1tui.api.options import ApiOptions
from nof1tui.api.rows import ApiContext
from nof1tui.api.stream_hub import StreamHub
from nof1tui.bounded_regex import compile_pattern
from nof1tui.cli.handlers.alerts import rules_document
from nof1tui.cli.handlers.status import read_arena
from nof1tui.cli.logs import log_to_stderr
from nof1tui.cli.options import Flags
from nof1tui.cli.output.openmetrics import status_families
from nof1tui.cli.output.status_document import status_document
from nof1tui.cli.run_command import run_command
from nof1tui.cli.time_option import parse_moment_option
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import ALL_EVENT_KINDS, Event
from nof1tui.domain.export.metric_families import MetricFamily
from nof1tui.domain.export.record_views import DescribeEvent
from nof1tui.domain.roster import Roster
from nof1tui.errors import UsageError
from nof1tui.ports.engine import Engine
from nof1tui.runtime.alerts import load_alert_rules
from nof1tui.runtime.arenas import live_arena
from nof1tui.runtime.engine import ArenaEngine
from nof1tui.runtime.listen_addresses import (
    ListenAddress,
    check_addresses,
    describe_socket,
    open_sockets,
    parse_address,
)
from nof1tui.runtime.replayed_store import PastClock, ReplayedStore
from nof1tui.runtime.rosters import utc_now
from nof1tui.settings.model import Settings

log = logging.getLogger("nof1tui.serve")

_NEEDED = ("uvicorn", "httptools")
_MISSING_EXTRA = 'serve needs more: pip install "nof1-tui[serve]"'
_LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, slots=True)
class ServeFlags:
    """The options of one invocation."""

    listen: tuple[str, ...] = ()
    public: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    require_url: bool = False
    compat: bool = True
    as_of: str | None = None
    """Where a replay begins; None for live data."""
    speed: float = 1.0
    log_as_json: bool = False


def serve(flags: Flags, options: ServeFlags) -> None:
    """Serve until terminated. Raises UsageError for what is refused."""
    settings = flags.load(read_only=True, serve_public=options.public or None)
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise UsageError(_MISSING_EXTRA)
    if options.require_url and settings.store_url() is None:
        raise UsageError("--require-url: no database URL is set; set NOF1_DATABASE_URL or NOF1_DB_HOST")
    tls = _tls(options)
    addresses = [parse_address(text) for text in options.listen or settings.serve_listen]
    addresses = addresses or [ListenAddress("unix", str(default_socket(settings)))]
    check_addresses(addresses, encrypted=tls is not None)
    log_to_stderr(settings.log_level, "json" if options.log_as_json else "text", settings.log_file)
    start = parse_moment_option(options.as_of) if options.as_of else None
    clock = None if start is None else PastClock(start, options.speed, time.monotonic)
    with open_sockets(addresses) as sockets:
        for each in sockets:
            click.echo(f"serving {_described(each, settings, encrypted=tls is not None)}", err=True)
        is_private = all(address.is_private for address in addresses)
        served = ApiOptions(
            public=settings.serve_public,
            hosts=_LOOPBACK_NAMES if is_private and tls is None else None,
            origins=frozenset(settings.serve_cors),
            max_streams=settings.serve_max_streams,
            compat=options.compat,
            strict_marker=settings.compat_strict,
        )
        run_command(
            flags,
            lambda: _serve(settings, sockets, tls, served, clock),
            endless=True,
        )


def default_socket(settings: Settings) -> Path:
    """The Unix socket in the user's runtime folder; in the state folder where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "nof1-tui" if runtime else settings.state_dir / "run"
    return folder / "serve.sock"


def _described(opened: socket.socket, settings: Settings, *, encrypted: bool) -> str:
    if opened.family == socket.AF_UNIX:
        access = "open to its owner"
    else:
        access = "public" if settings.serve_public else "token needed"
    return f"{describe_socket(opened, encrypted=encrypted)} ({access})"


def _tls(options: ServeFlags) -> ssl.SSLContext | None:
    if options.tls_cert is None or options.tls_key is None:
        return None
    from nof1tui.runtime.http_server import tls_context

    return tls_context(options.tls_cert, options.tls_key, options.client_ca)


async def _serve(
    settings: Settings,
    sockets: list[socket.socket],
    tls: ssl.SSLContext | None,
    options: ApiOptions,
    clock: PastClock | None,
) -> None:
    from nof1tui.runtime.http_server import serve_http

    arena = replace(live_arena(settings, on_progress=log.info), read_only=True)
    engine: Engine = ArenaEngine(arena)
    if clock is not None:
        engine = ReplayedStore(engine, clock)
    live = LiveBoard(Board(arena.roster), clock or utc_now)
    application = build_application(settings, engine, live, options, clock)
    tasks = {
        asyncio.create_task(engine.run(live.publish), name="follower"),
        asyncio.create_task(
            serve_http(application, sockets, tls=tls, on_end=application.hub.end_all), name="http"
        ),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def build_application(
    settings: Settings,
    engine: Engine,
    live: LiveBoard,
    options: ApiOptions,
    clock: PastClock | None = None,
) -> ApiApplication:
    """The API over the store that the engine follows."""
    boot = secrets.token_hex(4)
    context = ApiContext(
        live=live,
        find_history=lambda: engine.history,
        clock=clock or utc_now,
        clock_kind="wall" if clock is None else "replay",
        source=settings.source,
        arena=settings.source,
        describe_events=_LazyDescriber,
        compile_pattern=compile_pattern,
        read_status=lambda: _read_status(settings),
        read_metrics=lambda: _read_metrics(settings),
        alert_rules=rules_document(load_alert_rules(settings)),
    )
    access = Access(
        None,
        public=settings.serve_public,
        rate=parse_rate(settings.serve_rate),
        clock=utc_now,
        monotonic=time.monotonic,
    )
    hub = StreamHub(context, boot)
    return ApiApplication(api_endpoints(ALL_EVENT_KINDS), context, access, hub, options, boot=boot)


async def _read_status(settings: Settings) -> dict[str, Any]:
    return status_document(await read_arena(settings, with_accounts=False))


async def _read_metrics(settings: Settings) -> Sequence[MetricFamily]:
    return status_families(await read_arena(settings, with_accounts=False), __version__)


class _LazyDescriber:
    """Describes events in the words of the screens, which are imported at the first event."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._describe: DescribeEvent | None = None

    def __call__(self, event: Event) -> str:
        if self._describe is None:
            from nof1tui.cli.show.record_views import event_describer

            self._describe = event_describer(self._roster)
        return self._describe(event)
