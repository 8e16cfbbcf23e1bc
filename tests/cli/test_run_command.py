"""How a command ends: by itself, by a signal, by a failure."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import click
import pytest

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command, to_user_error
from nof1tui.errors import UserError
from nof1tui.ports.errors import BatchRejected, SourceUnavailable, StoreUnavailable, StoreUnusable
from nof1tui.settings.base import SettingsError

PROGRAM = textwrap.dedent("""
    import asyncio, sys
    from nof1tui.cli import run_command
    from nof1tui.cli.main import cli
    from nof1tui.cli.options import Flags

    async def work():
        print("begun", flush=True)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(float(sys.argv[1]))
            print("cleaned up", flush=True)

    run_command.CLEANUP_TIMEOUT_S = 0.3
    endless = "endless" in sys.argv
    cli.invoke = lambda ctx: run_command.run_command(Flags(), work, endless=endless)
    from nof1tui.cli.main import run
    sys.exit(run(["status"]))
""")


def ended_by(*numbers: int, clean_up_s: float = 0.0, mode: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that gets these signals."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(clean_up_s), mode],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    for number in numbers:
        program.send_signal(number)
        time.sleep(0.05)
    out, err = program.communicate(timeout=5)
    return program.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_a_command_clean_up_and_prints_nothing(number: signal.Signals) -> None:
    assert ended_by(number) == (128 + number, "cleaned up\n", "")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 128 + signal.SIGINT)]
)
def test_a_command_without_an_end_succeeds_when_it_is_terminated(number: signal.Signals, code: int) -> None:
    assert ended_by(number, mode="endless") == (code, "cleaned up\n", "")


def test_a_clean_up_that_takes_too_long_is_abandoned() -> None:
    began = time.monotonic()
    assert ended_by(signal.SIGTERM, clean_up_s=30) == (128 + signal.SIGTERM, "", "")
    assert time.monotonic() - began < 5


def test_a_second_signal_ends_the_command_immediately() -> None:
    assert ended_by(signal.SIGTERM, signal.SIGTERM, clean_up_s=30)[0] == 128 + signal.SIGTERM


def test_the_result_of_the_work_is_returned() -> None:
    async def work() -> int:
        return 42

    assert run_command(Flags(), work) == 42


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (StoreUnavailable("no connection"), 1, "the store cannot be reached: no connection"),
        (StoreUnusable("the store is newer"), 1, "the store is newer"),
        (BatchRejected("bad row"), 1, "the store rejected the records: bad row"),
        (SourceUnavailable("429: slow down"), 1, "429: slow down"),
        (SettingsError("NOF1_CHART: must be …"), 2, "NOF1_CHART: must be …"),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [StoreUnusable("inner")])]), 1, "inner"),
    ],
)
def test_a_known_failure_becomes_a_plain_message(error: Exception, code: int, message: str) -> None:
    async def work() -> None:
        raise error

    with pytest.raises(UserError) as failure:
        run_command(Flags(), work)
    assert failure.value.exit_code == code
    assert failure.value.message.startswith(message)
    assert "\x1b" not in failure.value.message


def test_with_debug_a_known_failure_keeps_its_traceback() -> None:
    async def work() -> None:
        raise StoreUnusable("no")

    with pytest.raises(StoreUnusable):
        run_command(Flags(debug=True), work)


def test_an_internal_error_is_not_a_known_failure() -> None:
    assert to_user_error(KeyError("x")) is None


def test_a_failure_message_has_no_control_characters() -> None:
    failure = to_user_error(StoreUnusable("\x1b]52;c;evil\x07gone"))
    assert isinstance(failure, click.ClickException)
    assert failure.message == "gone"
