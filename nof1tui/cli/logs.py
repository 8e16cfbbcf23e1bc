"""Logging: to a rotated file for the monitor, to stderr with one line per event for servers.

Log lines quote servers and databases: all are sanitised, and secrets in them are masked. A log file that
is not writable is reported once; a closed stderr pipe ends the program.
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
_BACKUP_FILES = 3
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class PlainFormatter(logging.Formatter):
    """`2025-10-28T07:04:56Z WARNING accounts: 429: the server asks to slow down`"""

    def __init__(self, *, with_origin: bool) -> None:
        origin = " %(name)s" if with_origin else ""
        super().__init__(f"%(asctime)s %(levelname)s{origin} %(message)s")
        self._one_line = not with_origin

    def format(self, record: logging.LogRecord) -> str:
        text = redact(super().format(record))
        return sanitise_line(text) if self._one_line else sanitise(text)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The event as one line; only the traceback below it has more."""
        return sanitise_line(super().formatMessage(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return iso(datetime.fromtimestamp(int(record.created), UTC))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: `at`, `level`, `message`, and the extra fields of the record."""

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
    """Writes to stderr; when its reader has closed the pipe, raises SIGHUP as a closed terminal does."""

    _reader_gone = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if isinstance(sys.exc_info()[1], BrokenPipeError) and not self._reader_gone:
            self._reader_gone = True
            signal.raise_signal(signal.SIGHUP)


def log_to_stderr(level: str, log_format: LogFormat, file: Path | None = None) -> str | None:
    """Log one line per event to stderr, and to `file` if given.

    Returns why the file is not written, or None.
    """
    handler = StderrHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else PlainFormatter(with_origin=False))
    _install_handlers(level, handler)
    if file is None:
        return None
    try:
        file_handler = _file_handler(file)
    except OSError as error:
        return _no_log_reason(file, error)
    file_handler.setFormatter(JsonFormatter() if log_format == "json" else PlainFormatter(with_origin=True))
    logging.getLogger().addHandler(file_handler)
    return None


def log_to_file(level: str, file: Path) -> str | None:
    """Log to a rotated file, never to the screen. Returns why the file is not written, or None."""
    try:
        _install_handlers(level, _file_handler(file))
    except OSError as error:
        _install_handlers(level, logging.NullHandler())
        return _no_log_reason(file, error)
    return None


def _no_log_reason(file: Path, error: OSError) -> str:
    return f"no log: {file} is not writable: {error.strerror}"


def _file_handler(file: Path) -> logging.Handler:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        file, maxBytes=MAX_LOG_BYTES, backupCount=_BACKUP_FILES, encoding="utf-8", errors="replace"
    )
    handler.setFormatter(PlainFormatter(with_origin=True))
    return handler


def _install_handlers(level: str, *handlers: logging.Handler) -> None:
    """Log this package from `level` up, libraries from WARNING up; errors of handlers are ignored."""
    logging.raiseExceptions = False
    root = logging.getLogger()
    for previous in root.handlers[:]:
        root.removeHandler(previous)
        previous.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    _PACKAGE_LOGGER.setLevel(level.upper())
    logging.captureWarnings(True)
