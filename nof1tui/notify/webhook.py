"""Delivers alerts to a webhook: JSON by POST, with retries for temporary errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

from nof1tui import __version__
from nof1tui.domain.alerts.alert import Alert
from nof1tui.notify.payload import encode_alert
from nof1tui.ports.errors import DeliveryFailed, SourceUnavailable

_MAX_ATTEMPTS = 4
_INITIAL_BACKOFF_S = 1.0
"""First wait between two attempts; doubled after each."""
_MAX_BACKOFF_S = 30.0
"""Longest wait, whatever `Retry-After` requests."""
_RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


class WebhookNotifier:
    """`ports.Notifier`: one POST for each alert, with the same `Idempotency-Key` in every attempt.

    The URL may contain a secret: messages name its host only.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        make_transport: Callable[[], httpx.AsyncBaseTransport] = httpx.AsyncHTTPTransport,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or "the webhook"
        self._timeout_s = timeout_s
        self._make_transport = make_transport
        self._sleep = sleep

    async def send(self, alert: Alert) -> None:
        """POST the alert. Raises DeliveryFailed after a permanent error or the last attempt."""
        body = encode_alert(alert)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"nof1-tui/{__version__}",
            "Idempotency-Key": idempotency_key(alert),
        }
        try:
            transport = self._make_transport()
        except SourceUnavailable as error:
            raise DeliveryFailed(f"{self._host}: {error}") from error
        async with httpx.AsyncClient(
            timeout=self._timeout_s, transport=transport, trust_env=False, headers=headers
        ) as client:
            for attempt in range(_MAX_ATTEMPTS):
                fault, pause_s = await self._attempt(client, body)
                if fault is None:
                    return
                if pause_s is None or attempt + 1 == _MAX_ATTEMPTS:
                    attempts = f" ({attempt + 1} attempts)" if attempt else ""
                    raise DeliveryFailed(f"{self._host}: {fault}{attempts}")
                await self._sleep(min(_MAX_BACKOFF_S, max(pause_s, _INITIAL_BACKOFF_S * 2**attempt)))

    async def _attempt(self, client: httpx.AsyncClient, body: bytes) -> tuple[str | None, float | None]:
        """What failed (None on success), and seconds to wait before a retry (None: permanent)."""
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                client.stream("POST", self._url, content=body) as answer,
            ):
                status, retry_after = answer.status_code, answer.headers.get("Retry-After", "")
        except (httpx.TimeoutException, TimeoutError):
            return f"no answer within {self._timeout_s:g} s", 0.0
        except httpx.TransportError as error:
            return f"cannot be reached: {type(error).__name__}", 0.0
        except (httpx.InvalidURL, httpx.HTTPError, ValueError) as error:
            return f"request failed: {type(error).__name__}", None
        if 200 <= status < 300:
            return None, None
        if 300 <= status < 400:
            return f"it answers {status}: redirects are not followed", None
        wait_s = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return f"it answers {status}", wait_s if status in _RETRYABLE_STATUSES else None


def idempotency_key(alert: Alert) -> str:
    """The alert's id as an ASCII header value: equal in all attempts, so that receivers can deduplicate."""
    return alert.id.encode("ascii", "backslashreplace").decode()[:255]
