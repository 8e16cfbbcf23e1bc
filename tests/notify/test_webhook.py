"""Alerts delivered to a webhook, against a real HTTP server with scripted answers."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from nof1tui.notify.webhook import WebhookNotifier
from nof1tui.ports.errors import DeliveryFailed
from tests.support.alerts import alert

SECRET = "/services/T000/s3cret?token=s3cret"


@dataclass
class Hook:
    """Answers POSTs with the scripted statuses; the last repeats. 0: no answer, -1: closes the connection."""

    answers: list[int]
    headers: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            self.requests.append((head, await reader.readexactly(length)))
            status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if status == 0:
                await reader.read()
            elif status > 0:
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{self.headers}\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def hook(*answers: int, headers: str = "") -> AsyncIterator[Hook]:
    scripted = Hook(list(answers), headers)
    server = await asyncio.start_server(scripted.answer, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    async with server:
        yield scripted


@dataclass
class FakeSleep:
    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def notifier(to: Hook, sleep: FakeSleep | None = None, timeout_s: float = 2.0) -> WebhookNotifier:
    return WebhookNotifier(
        f"http://127.0.0.1:{to.port}{SECRET}", timeout_s=timeout_s, sleep=sleep or FakeSleep()
    )


async def test_an_alert_is_posted_as_json() -> None:
    async with hook(204) as server:
        await notifier(server).send(alert())
    ((head, body),) = server.requests
    assert head.startswith(f"POST {SECRET} HTTP/1.1")
    assert "content-type: application/json" in head.lower()
    assert "idempotency-key: alert:abc:x" in head.lower()
    assert json.loads(body)["rule"] == "deep"


async def test_temporary_errors_are_retried() -> None:
    sleep = FakeSleep()
    async with hook(503, -1, 429, 200) as server:
        await notifier(server, sleep).send(alert())
    assert sleep.slept == [1.0, 2.0, 4.0]
    assert len({body for _, body in server.requests}) == 1
    assert len(server.requests) == 4


async def test_retry_after_is_respected_up_to_a_limit() -> None:
    sleep = FakeSleep()
    async with hook(429, 200, headers="Retry-After: 7\r\n") as server:
        await notifier(server, sleep).send(alert())
    async with hook(429, 200, headers="Retry-After: 86400\r\n") as server:
        await notifier(server, sleep).send(alert())
    assert sleep.slept == [7.0, 30.0]


@pytest.mark.parametrize(
    ("answers", "attempts", "message"),
    [
        ((500,), 4, "127.0.0.1: it answers 500 (4 attempts)"),
        ((404,), 1, "127.0.0.1: it answers 404"),
        ((302,), 1, "127.0.0.1: it answers 302: redirects are not followed"),
        ((-1,), 4, "127.0.0.1: cannot be reached: RemoteProtocolError (4 attempts)"),
    ],
)
async def test_a_failure_is_reported_without_the_secret(
    answers: tuple[int, ...], attempts: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with hook(*answers) as server:
        with pytest.raises(DeliveryFailed) as raised:
            await notifier(server).send(alert())
    assert (str(raised.value), len(server.requests)) == (message, attempts)
    assert "s3cret" not in caplog.text


async def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    async with hook(0) as server:
        with pytest.raises(DeliveryFailed, match=r"no answer within 0\.05 s \(4 attempts\)"):
            await notifier(server, timeout_s=0.05).send(alert())


async def test_a_server_that_is_not_running_is_reported() -> None:
    async with hook(200) as server:
        pass
    with pytest.raises(DeliveryFailed, match=r"127\.0\.0\.1: cannot be reached: ConnectError \(4 attempts\)"):
        await notifier(server).send(alert())
