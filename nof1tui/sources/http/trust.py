"""The CA certificates that servers are verified with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

import httpx

from nof1tui.ports.errors import SourceUnavailable

FILE_VARIABLE, FOLDER_VARIABLE, KEY_LOG_VARIABLE = "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"


def make_ssl_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Verifies with the certificates of SSL_CERT_FILE or SSL_CERT_DIR, else with those of certifi.

    Raises SourceUnavailable, with the variable and its value, where these cannot be read.
    """
    file, folder = environ.get(FILE_VARIABLE, ""), environ.get(FOLDER_VARIABLE, "")
    if file:
        _check_file(file)
    elif folder and not any(Path(part).is_dir() for part in folder.split(":")):
        raise _unusable(FOLDER_VARIABLE, folder, "there is none", "a folder of CA certificates")
    try:
        if file or folder:
            return ssl.create_default_context(cafile=file or None, capath=folder or None)
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        reason = error.strerror or str(error)
        key_log = environ.get(KEY_LOG_VARIABLE, "")
        if key_log and error.filename == key_log:
            raise _unusable(KEY_LOG_VARIABLE, key_log, reason, "a file that can be written") from error
        if file and isinstance(error, ssl.SSLError):
            raise _unusable(
                FILE_VARIABLE, file, "it has no certificates in PEM format", "a file of CA certificates"
            ) from error
        raise SourceUnavailable(f"the CA certificates cannot be loaded: {reason}") from error


def describe_trust(environ: Mapping[str, str]) -> str | None:
    """The variable and value that replace certifi's certificates; None where none does."""
    for variable in (FILE_VARIABLE, FOLDER_VARIABLE):
        if value := environ.get(variable):
            return f"{variable}={value}"
    return None


def _check_file(file: str) -> None:
    try:
        with Path(file).open("rb"):
            return
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unusable(FILE_VARIABLE, file, reason, "a file of CA certificates in PEM format") from error


def _unusable(variable: str, value: str, reason: str, expected: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"{variable}={value} cannot be used: {reason}\nset it to {expected}, or unset it"
    )
