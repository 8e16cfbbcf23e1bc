"""Where the log goes: a rotated file for the monitor, one line per event on stderr for servers.

Log lines repeat what servers and databases said, so every one passes the sanitiser, and secrets in it
are masked. A log that cannot be written ends nothing; a pipe whose reader has left does.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal, TextIO

from nof1tui.domain.redaction import redact
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.domain.time_expressions import iso

LogFormat = Literal["text", "json"]

_PACKAGE_LOGGER = logging.getLogger("nof1tui")
MAX_LOG_BYTES = 5 * 1024 * 1024
_KEPT_LOG_FILES = 3
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class PlainFormatter(logging.Formatter):
    """`2025-10-28T07:04:56Z WARNING accounts: 429: the server asks to slow down`"""

    def __init__(self, *, with_origin: bool) -> None:
        origin = " %(name)s" if with_origin else ""
        super().__init__(f"%(asctime)s %(levelname)s{origin} %(message)s")
        self._one_line = not with_origin

    def format(self, record: logging.LogRecord) -> str:
        told = redact(super().format(record))
        return sanitise_line(told) if self._one_line else sanitise(told)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The event itself is one line, whatever it quotes; only a traceback below it has more."""
        return sanitise_line(super().formatMessage(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return iso(datetime.fromtimestamp(int(record.created), UTC))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `at`, `level`, `message`, and what the event brings along."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "message": sanitise_line(redact(record.getMessage())),
        }
        line |= {
            key: _redact_value(value)
            for key, value in vars(record).items()
            if key not in _STANDARD_ATTRIBUTES
        }
        if record.exc_info:
            line["traceback"] = sanitise(redact(self.formatException(record.exc_info)))
        return json.dumps(line, default=lambda value: redact(str(value)))


def _redact_value(value: object) -> object:
    match value:
        case str():
            return redact(value)
        case dict():
            return {key: _redact_value(member) for key, member in value.items()}
        case _:
            return value


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr. When its reader has left, the program leaves as if its terminal had."""

    _reader_gone = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if isinstance(sys.exc_info()[1], BrokenPipeError) and not self._reader_gone:
            self._reader_gone = True
            signal.raise_signal(signal.SIGHUP)


def log_to_stderr(level: str, form: LogFormat, file: Path | None = None) -> str | None:
    """One line per event on stderr, and in a file where the settings name one.

    Returns why there is no such file, where it is impossible.
    """
    handler = StderrHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else PlainFormatter(with_origin=False))
    _install_handlers(level, handler)
    if file is None:
        return None
    try:
        kept = _file_handler(file)
    except OSError as error:
        return _no_log_reason(file, error)
    kept.setFormatter(JsonFormatter() if form == "json" else PlainFormatter(with_origin=True))
    logging.getLogger().addHandler(kept)
    return None


def log_to_file(level: str, file: Path) -> str | None:
    """Everything into a rotated file, nothing to the screen. Why not, where that is impossible."""
    try:
        _install_handlers(level, _file_handler(file))
    except OSError as error:
        _install_handlers(level, logging.NullHandler())
        return _no_log_reason(file, error)
    return None


def _no_log_reason(file: Path, error: OSError) -> str:
    return f"no log is kept, {file} cannot be written: {error.strerror}"


def _file_handler(file: Path) -> logging.Handler:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        file, maxBytes=MAX_LOG_BYTES, backupCount=_KEPT_LOG_FILES, encoding="utf-8", errors="replace"
    )
    handler.setFormatter(PlainFormatter(with_origin=True))
    return handler


def _install_handlers(level: str, *handlers: logging.Handler) -> None:
    """Our events from `level` on; of the libraries only warnings. A full disk costs lines, no more."""
    logging.raiseExceptions = False
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    _PACKAGE_LOGGER.setLevel(level.upper())
    logging.captureWarnings(True)
