"""The ASGI application: finds the endpoint, checks access, and sends the body or a problem."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Hashable, Sequence
from typing import Any

from nof1tui.api.access import Access, Grant
from nof1tui.api.answers import make_body, static_bodies
from nof1tui.api.bodies import Body, HeaderList
from nof1tui.api.body_store import BodyStore
from nof1tui.api.endpoints import Endpoint
from nof1tui.api.nof1_api import Nof1Api, Nof1Refusal
from nof1tui.api.options import ApiOptions
from nof1tui.api.problems import TITLES, ApiProblem
from nof1tui.api.reply import METHODS, AsgiReceive, AsgiScope, AsgiSend, Reply
from nof1tui.api.requests import RequestHeaders, host_name, read_headers
from nof1tui.api.routing import Resolved, Router, masked_path, peer_of, split_token
from nof1tui.api.rows import ApiContext
from nof1tui.api.serve_metrics import RequestCounts, server_families
from nof1tui.api.stream import serve_stream
from nof1tui.api.stream_hub import StreamHub
from nof1tui.domain.export.metric_families import (
    OPENMETRICS_TYPE,
    PROMETHEUS_TYPE,
    render_openmetrics,
    render_prometheus,
)
from nof1tui.ports.errors import StoreUnavailable

log = logging.getLogger(__name__)
access_log = logging.getLogger("nof1tui.access")

READY_WITHIN_S = 60.0
"""Age of the follower's last reading at which the server is no longer ready."""
_MAX_PATH_BYTES = 8 * 1024
_NOF1_PREFIXES = ("/api/", "/t/")
_PROBES = ("healthz", "readyz")


class ApiApplication:
    """The API as an ASGI application."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        context: ApiContext,
        access: Access,
        hub: StreamHub,
        options: ApiOptions,
        *,
        boot: str,
    ) -> None:
        self.context, self.access, self.hub, self.options = context, access, hub, options
        self.bodies = BodyStore(context.live, time.monotonic, context.clock)
        self._router = Router(endpoints)
        self._static = static_bodies(endpoints, context.clock())
        self._nof1 = Nof1Api(context, strict_marker=options.strict_marker) if options.compat else None
        self._counts = RequestCounts()
        self._boot = boot
        self._requests = 0

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] == "http":
            await self._handle(scope, receive, send)

    async def _handle(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        self._requests += 1
        request_id = f"{self._boot}-{self._requests:x}"
        reply = Reply(scope["method"], request_id, send)
        try:
            headers = read_headers(scope["headers"])
            await self._answer(scope, headers, receive, reply)
        except ApiProblem as problem:
            await reply.send_problem(problem)
        except StoreUnavailable as error:
            await reply.send_problem(ApiProblem("store-away", str(error), headers=((b"retry-after", b"1"),)))
        except (TimeoutError, ConnectionError):
            log.info("%s: the client does not read its answer", request_id)
            await _abort(scope)
        except Exception:
            log.exception("%s: internal error", request_id)
            await reply.send_problem(ApiProblem("internal"))
        self._counts.add(reply.route, reply.status)
        if access_log.isEnabledFor(logging.DEBUG):
            access_log.debug(
                "%s %s %s %s", reply.method, masked_path(scope["path"]), reply.status, request_id
            )

    async def _answer(
        self, scope: AsgiScope, headers: RequestHeaders, receive: AsgiReceive, reply: Reply
    ) -> None:
        path, query = scope["path"], scope["query_string"]
        if len(path) + len(query) > _MAX_PATH_BYTES:
            raise ApiProblem("too-large", f"the address has over {_MAX_PATH_BYTES} bytes", status=414)
        is_owner = scope["state"].get("peer") == "owner"
        if (
            not is_owner
            and self.options.hosts is not None
            and host_name(headers.host) not in self.options.hosts
        ):
            raise ApiProblem(
                "bad-parameter", "the Host header names another server", param="Host", status=421
            )
        if self._nof1 is not None and path.startswith(_NOF1_PREFIXES):
            await self._answer_nof1(
                self._nof1, path, query, headers, None if is_owner else peer_of(scope), reply
            )
            return
        resolved = self._router.resolve(path, query, headers.accept)
        reply.route = resolved.endpoint.path
        if headers.origin is not None:
            reply.more = self._cors(headers.origin)
        if reply.method == "OPTIONS":
            await reply.send_options()
            return
        if reply.method not in ("GET", "HEAD"):
            raise ApiProblem("method-not-allowed", "use GET", headers=((b"allow", METHODS),))
        if headers.has_body:
            raise ApiProblem("too-large", "a GET request has no body", headers=((b"connection", b"close"),))
        peer = None if is_owner else peer_of(scope)
        if headers.authorization is None:
            grant = self.access.open_grant(peer)
        else:
            grant = await self.access.grant(peer, headers.authorization)
        self.access.check(grant, resolved.endpoint.scope)
        body = self.bodies.cached(resolved.key)
        if body is not None:
            await self._send_form(body, resolved.key, headers, reply)
        elif resolved.endpoint.name in _PROBES:
            await self._probe(resolved.endpoint.name, grant, reply)
        elif resolved.endpoint.name == "metrics":
            await self._send_metrics(headers.accept, reply)
        elif resolved.endpoint.name == "stream":
            await serve_stream(
                self.hub, self.options, resolved.values, grant, headers.last_event_id, receive, reply
            )
        else:
            await self._send_body(resolved, headers, reply)

    async def _answer_nof1(
        self, api: Nof1Api, path: str, query: bytes, headers: RequestHeaders, peer: str | None, reply: Reply
    ) -> None:
        """Answer a request of nof1's API; its refusals have the shape of that API."""
        try:
            secret, path = split_token(path)
            request = api.parse(reply.method, path, query)
            reply.route = f"/api/{request.name}"
            if reply.method == "OPTIONS":
                await reply.send_options()
                return
            if secret is None:
                grant = await self.access.grant(peer, headers.authorization)
            else:
                grant = await self.access.token_grant(peer, secret)
            self.access.check(grant, request.scope)
            body = await self.bodies.get(request, lambda: api.body(request))
            await self._send_form(body, request, headers, reply)
        except Nof1Refusal as refusal:
            await reply.send_json(refusal.status, refusal.document, refusal.headers)
        except (ApiProblem, StoreUnavailable) as error:
            problem = error if isinstance(error, ApiProblem) else ApiProblem("store-away", str(error))
            message = problem.detail or TITLES[problem.slug]
            await reply.send_json(problem.status, {"message": message}, problem.headers)

    async def _send_body(self, resolved: Resolved, headers: RequestHeaders, reply: Reply) -> None:
        body = self._static.get(resolved.endpoint.name)
        if body is None:
            body = await self.bodies.get(resolved.key, lambda: self._make(resolved))
        await self._send_form(body, resolved.key, headers, reply)

    async def _send_form(
        self, body: Body, key: Hashable | None, headers: RequestHeaders, reply: Reply
    ) -> None:
        """Send the body, compressed for clients that ask, or that the client has it."""
        if body.is_known(headers.if_none_match, headers.if_modified_since):
            await reply.send_head(304, body.short_headers)
        elif headers.accepts_gzip and body.may_be_packed:
            if body.packed is None:
                await self.bodies.pack(key, body)
            await reply.send_content(200, body.packed_headers, body.packed or b"")
        else:
            await reply.send_content(200, body.headers, body.content)

    async def _make(self, resolved: Resolved) -> Body:
        return await make_body(
            resolved.endpoint, self.context, resolved.values, resolved.form,
            public=self.options.public, monotonic_s=time.monotonic(),
        )  # fmt: skip

    def _cors(self, origin: bytes) -> HeaderList:
        if origin.decode("latin-1") not in self.options.origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-headers", b"Authorization, If-None-Match, Last-Event-ID"),
            (b"access-control-expose-headers", b"ETag, Last-Modified, Link, X-Request-Id"),
        ]

    async def _send_metrics(self, accept: bytes, reply: Reply) -> None:
        """The metrics of the store and of this server; they are never cached."""
        own = server_families(self._counts, self.bodies, self.hub, self.access, self.context.live)
        families = [*await self.context.read_metrics(), *own]
        is_open = b"application/openmetrics-text" in accept
        text = render_openmetrics(families) if is_open else render_prometheus(families)
        kind = OPENMETRICS_TYPE if is_open else PROMETHEUS_TYPE
        await reply.send_text(200, kind, text.encode())

    async def _probe(self, name: str, grant: Grant, reply: Reply) -> None:
        """`/healthz` and `/readyz`; the reason is for clients with a token or on the Unix socket."""
        reason = self._unready_reason() if name == "readyz" else None
        document: dict[str, Any] = {"ok": reason is None}
        if reason is not None and (grant.token is not None or grant.client == "owner"):
            document["reason"] = reason
        await reply.send_json(200 if reason is None else 503, document)

    def _unready_reason(self) -> str | None:
        live = self.context.live
        if live.store_failure is not None:
            return live.store_failure
        age_s = live.read_age_s
        if age_s is None:
            return "the store has not been read yet"
        return None if age_s <= READY_WITHIN_S else f"the store was last read {age_s:.0f} s ago"


async def _abort(scope: AsgiScope) -> None:
    """Close the connection without the rest of the answer. Raises ConnectionError where the server cannot."""
    abort = (scope.get("state") or {}).get("abort")
    if abort is None:
        raise ConnectionError("the connection cannot be aborted")
    abort()
    await asyncio.sleep(0)
