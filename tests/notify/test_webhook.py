"""The webhook way out, against a real HTTP server that answers by a script."""

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
    """Answers each POST by its script; the last answer repeats. 0 says nothing at all, -1 hangs up."""

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
    made = Hook(list(answers), headers)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@dataclass
class Naps:
    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def way(to: Hook, naps: Naps | None = None, timeout_s: float = 2.0) -> WebhookNotifier:
    return WebhookNotifier(f"http://127.0.0.1:{to.port}{SECRET}", timeout_s=timeout_s, sleep=naps or Naps())


async def test_an_alert_is_posted_as_json() -> None:
    async with hook(204) as it:
        await way(it).send(alert())
    ((head, body),) = it.requests
    assert head.startswith(f"POST {SECRET} HTTP/1.1")
    assert "content-type: application/json" in head.lower()
    assert "idempotency-key: alert:abc:x" in head.lower()
    assert json.loads(body)["rule"] == "deep"


async def test_it_is_tried_again_while_the_other_side_is_out_of_breath() -> None:
    naps = Naps()
    async with hook(503, -1, 429, 200) as it:
        await way(it, naps).send(alert())
    assert naps.slept == [1.0, 2.0, 4.0]
    assert len({body for _, body in it.requests}) == 1
    assert len(it.requests) == 4


async def test_the_other_side_is_left_alone_as_long_as_it_asks_within_reason() -> None:
    naps = Naps()
    async with hook(429, 200, headers="Retry-After: 7\r\n") as it:
        await way(it, naps).send(alert())
    async with hook(429, 200, headers="Retry-After: 86400\r\n") as it:
        await way(it, naps).send(alert())
    assert naps.slept == [7.0, 30.0]


@pytest.mark.parametrize(
    ("answers", "tries", "said"),
    [
        ((500,), 4, "127.0.0.1: it answers 500 (4 tries)"),
        ((404,), 1, "127.0.0.1: it answers 404"),
        ((302,), 1, "127.0.0.1: it answers 302: redirects are not followed"),
        ((-1,), 4, "127.0.0.1: cannot be reached: RemoteProtocolError (4 tries)"),
    ],
)
async def test_a_failure_is_told_without_the_secret(
    answers: tuple[int, ...], tries: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with hook(*answers) as it:
        with pytest.raises(DeliveryFailed) as fault:
            await way(it).send(alert())
    assert (str(fault.value), len(it.requests)) == (said, tries)
    assert "s3cret" not in caplog.text


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async with hook(0) as it:
        with pytest.raises(DeliveryFailed, match=r"no answer within 0\.05 s \(4 tries\)"):
            await way(it, timeout_s=0.05).send(alert())


async def test_a_server_that_is_not_there_is_told_plainly() -> None:
    async with hook(200) as it:
        pass
    with pytest.raises(DeliveryFailed, match=r"127\.0\.0\.1: cannot be reached: ConnectError \(4 tries\)"):
        await way(it).send(alert())
