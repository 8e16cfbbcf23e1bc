"""Declares `serve`."""

from __future__ import annotations

from pathlib import Path

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.cli.time_option import MomentParam

_EPILOG = """\b
Examples:
  nof1-tui serve
  curl --unix-socket $XDG_RUNTIME_DIR/nof1-tui/serve.sock http://localhost/v1/leaderboard
  nof1-tui serve --listen 127.0.0.1:8420 --public
  nof1-tui serve --as-of '2025-10-26 04:00' --speed 60
"""
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("serve", epilog=_EPILOG)
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDR",
    help="unix:/path, 127.0.0.1:8420, [::1]:8420, host:port or fd:3. Default: a Unix socket of your own.",
)
@click.option("--public", is_flag=True, help="Reading needs no token, but texts and metrics do.")
@click.option("--as-of", type=MomentParam(), help="Replay the store from this time on.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 100_000),
    default=1.0,
    show_default=True,
    help="Of a replay; 0 stops it.",
)
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM.")
@click.option("--tls-key", type=_FILE, help="Its private key, readable by you only.")
@click.option("--client-ca", type=_FILE, help="Clients need a certificate of this CA.")
@click.option("--require-url", is_flag=True, help="Fail without a database URL; never start a server.")
@click.option("--no-compat", is_flag=True, help="Do not answer nof1's own API under /api.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common_options
@click.pass_context
def serve_command(
    ctx: click.Context,
    listen: tuple[str, ...],
    public: bool,
    as_of: str | None,
    speed: float,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    require_url: bool,
    no_compat: bool,
    log_format: str,
) -> None:
    """Serve the store over HTTP: JSON, CSV and live events. It reads only; a collector fills the store."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together", ctx)
    if client_ca is not None and tls_cert is None:
        raise click.UsageError("--client-ca needs --tls-cert and --tls-key", ctx)
    from nof1tui.cli.handlers.serve import ServeFlags, serve

    serve(
        flags_of(ctx),
        ServeFlags(
            listen=listen,
            public=public,
            as_of=as_of,
            speed=speed,
            tls_cert=tls_cert,
            tls_key=tls_key,
            client_ca=client_ca,
            require_url=require_url,
            compat=not no_compat,
            log_as_json=log_format == "json",
        ),
    )
