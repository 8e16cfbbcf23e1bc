"""Proxies and CA certificates from the environment; faults name variable and value."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.http.client import HttpClient, Limits, make_client
from nof1tui.sources.http.errors import describe_transport_error
from nof1tui.sources.http.proxies import Proxy, check_proxy, is_excluded, select_proxy
from nof1tui.sources.http.routing import Route

V4, V6 = "http://192.168.7.9:8080", "http://[fd07:b51a:cc66:f0::5]:8080"


@pytest.mark.parametrize(
    ("no_proxy", "url", "excluded"),
    [
        ("", "https://nof1.ai", False),
        ("*", "https://nof1.ai", True),
        ("nof1.ai", "https://nof1.ai", True),
        ("NOF1.AI", "https://nof1.ai", True),
        ("nof1.ai.", "https://nof1.ai", True),
        ("nof1.ai", "https://api.nof1.ai", True),
        (".nof1.ai", "https://api.nof1.ai", True),
        (".nof1.ai", "https://nof1.ai", True),
        ("*.nof1.ai", "https://api.nof1.ai", True),
        ("f1.ai", "https://nof1.ai", False),
        ("a.test, nof1.ai", "https://nof1.ai", True),
        ("a.test nof1.ai", "https://nof1.ai", True),
        ("localhost,::1,[::1]", "http://[::1]:8000", True),
        ("[::1]", "http://[::1]", True),
        ("::1", "http://[0:0:0:0:0:0:0:1]", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("[::1]:8000", "http://[::1]:8001", False),
        ("localhost", "http://localhost:8000", True),
        ("localhost", "http://127.0.0.1:8000", False),
        ("fd07:b51a:cc66:f0::/64", V6, True),
        ("[fd07:b51a:cc66:f0::]/64", V6, True),
        ("fd07:b51a:cc66:f1::/64", V6, False),
        ("fd07:b51a:cc66:f0::5", V6, True),
        ("192.168.0.0/16", V4, True),
        ("192.168.7.1/16", V4, True),
        ("10.0.0.0/8", V4, False),
        ("192.168.7.9", V4, True),
        ("192.168.7.9:8080", V4, True),
        ("192.168.7.9:9", V4, False),
        ("192.168.7.9", "http://[::ffff:192.168.7.9]", True),
        ("fd07::/64", V4, False),
        ("10.0.0.0/8", V6, False),
        ("nof1.ai:443", "https://nof1.ai", True),
        ("nof1.ai:80", "https://nof1.ai", False),
        ("https://nof1.ai", "https://nof1.ai", True),
        ("http://nof1.ai", "https://nof1.ai", False),
        (",, /64 ,[::1,:::,.", "https://nof1.ai", False),
    ],
)
def test_no_proxy_names_hosts_domains_addresses_and_networks(no_proxy: str, url: str, excluded: bool) -> None:
    assert is_excluded(httpx.URL(url), no_proxy) is excluded


@given(no_proxy=st.text(alphabet="0123456789abcdef.:/[]*,%- \t", max_size=40))
@pytest.mark.parametrize("url", ["https://nof1.test", V4, V6])
def test_no_value_of_no_proxy_prevents_a_client(no_proxy: str, url: str) -> None:
    excluded = is_excluded(httpx.URL(url), no_proxy)
    environ = {"ALL_PROXY": "http://p.test:1", "NO_PROXY": no_proxy}
    assert (select_proxy(httpx.URL(url), environ) is None) is excluded


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://a.test", None),
        ({"HTTPS_PROXY": ""}, "https://a.test", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://a.test", "HTTPS_PROXY=http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://a.test", None),
        ({"HTTP_PROXY": "p:1"}, "http://a.test", "HTTP_PROXY=http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "http://a.test", "ALL_PROXY=http://p:1"),
        (
            {"ALL_PROXY": "http://p:1", "https_proxy": "http://q:2"},
            "https://a.test",
            "https_proxy=http://q:2",
        ),
        ({"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, "https://a.test", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.test", "no_proxy": "a.test"}, "https://a.test", None),
        ({"HTTPS_PROXY": "http://u:secret@p:1"}, "https://a.test", "HTTPS_PROXY=http://p:1"),
    ],
)
def test_the_proxy_is_that_of_the_scheme_in_either_spelling(
    environ: dict[str, str], url: str, proxy: str | None
) -> None:
    selected = select_proxy(httpx.URL(url), environ)
    assert (None if selected is None else str(selected)) == (proxy and f"the proxy {proxy}")


def test_the_setting_beats_the_environment_and_applies_to_every_host() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}
    assert select_proxy(httpx.URL("https://a.test"), environ, "http://q:2") == Proxy(
        "http://q:2", "NOF1_PROXY"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "socks5://127.0.0.1:1080",
            "SOCKS needs the Python package socksio\ninstall it (pip install 'httpx[socks]')",
        ),
        (
            "socks4://127.0.0.1:1080",
            "unknown scheme\nset it to a URL like http://host:port (http, https, socks5",
        ),
        ("ftp://p:1", "unknown scheme\nset it to a URL like http://host:port"),
        ("http://p:99x", "Invalid port: '99x'\nset it to a URL like http://host:port"),
        ("http://p:99999", "a port is at most 65535\nset it to a URL like http://host:port"),
        ("http://:3128", "it has no host\nset it to a URL like http://host:port"),
    ],
)
def test_an_unusable_proxy_is_named_with_variable_and_value(
    value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(SourceUnavailable) as caught:
        make_client("https://arena.test", environ={"HTTPS_PROXY": value})
    assert str(caught.value).startswith(f"the proxy HTTPS_PROXY={value} cannot be used: {message}")


def test_a_password_of_a_proxy_is_in_no_message() -> None:
    proxy = Proxy("http://user:s3cr@t@p.test:99x", "HTTPS_PROXY")
    with pytest.raises(SourceUnavailable) as caught:
        check_proxy(proxy)
    assert "s3cr" not in str(caught.value)
    assert "HTTPS_PROXY=http://p.test:99x" in str(caught.value)


def test_a_bad_proxy_for_other_urls_is_not_in_the_way() -> None:
    environ = {"HTTP_PROXY": "ftp://p:1", "HTTPS_PROXY": "http://p:99x", "NO_PROXY": "arena.test"}
    assert make_client("https://arena.test", environ=environ)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_down_is_named_instead_of_the_server(scheme: str, closed_port: int) -> None:
    value = f"http://user:secret@127.0.0.1:{closed_port}"
    client = make_client(f"{scheme}://arena.test", environ={f"{scheme}_proxy": value})
    async with client:
        with pytest.raises(SourceUnavailable) as caught:
            await HttpClient(client).get("trades", bytearray().extend)
    named = f"the proxy {scheme}_proxy=http://127.0.0.1:{closed_port}"
    assert str(caught.value) == f"no connection to {named}: refused, nothing is listening there"


@pytest.fixture
def answering_proxy(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a proxy that sends the bytes of the test's parameter to its first client."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(request.param)

    thread = Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.close()
    thread.join()


@pytest.mark.parametrize(
    ("answering_proxy", "message"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "the proxy HTTPS_PROXY={url} refuses the connection to arena.test: 407 Proxy Auth",
        ),
        (b"", "arena.test (through the proxy HTTPS_PROXY={url}) broke the connection: "),
    ],
    indirect=["answering_proxy"],
)
async def test_a_proxy_that_refuses_or_breaks_is_named(answering_proxy: str, message: str) -> None:
    client = make_client("https://arena.test", environ={"HTTPS_PROXY": answering_proxy})
    async with client:
        with pytest.raises(SourceUnavailable) as caught:
            await HttpClient(client, limits=Limits(5.0)).get("trades", bytearray().extend)
    assert str(caught.value).startswith(message.format(url=answering_proxy))


@pytest.mark.parametrize(
    ("variable", "content", "message"),
    [
        ("SSL_CERT_FILE", None, "No such file or directory\nset it to a file of CA certificates"),
        ("SSL_CERT_FILE", "no certificate", "it has no certificates in PEM format\nset it to a file"),
        ("SSL_CERT_DIR", None, "there is none\nset it to a folder of CA certificates"),
    ],
)
def test_unusable_certificates_are_named_with_variable_and_value(
    tmp_path: Path, variable: str, content: str | None, message: str
) -> None:
    path = tmp_path / "ca"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SourceUnavailable) as caught:
        make_client("http://arena.test", environ={variable: str(path)})
    assert str(caught.value).startswith(f"{variable}={path} cannot be used: {message}")


def test_an_unwritable_key_log_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = str(tmp_path / "none" / "keys")
    monkeypatch.setenv("SSLKEYLOGFILE", path)
    with pytest.raises(SourceUnavailable, match=f"SSLKEYLOGFILE={path} cannot be used: No such file"):
        make_client("http://arena.test", environ={"SSLKEYLOGFILE": path})


def test_a_certificate_that_is_not_trusted_names_the_variable_that_decides() -> None:
    error = httpx.ConnectError("failed")
    error.__cause__ = ssl.SSLCertVerificationError(1, "unable to get local issuer certificate")
    message = describe_transport_error(error, "arena.test", 1.0, Route(trust="SSL_CERT_FILE=/ca.pem"))
    assert message.startswith("no connection to arena.test: its certificate is not trusted (")
    assert message.endswith("; SSL_CERT_FILE=/ca.pem replaces the usual CA certificates)")
