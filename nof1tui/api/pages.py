"""The documentation pages: static HTML without a foreign host and without inline script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nof1tui.api.endpoints import Endpoint
from nof1tui.api.problems import STATUS_OF_PROBLEM, TITLES

PAGE_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'",
    ),
]
SCRIPT = """"use strict";
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    let path = form.dataset.path;
    for (const field of form.querySelectorAll("input[name]")) {
      if (field.value === "") continue;
      if (field.name === "id") path = path.replace("{id}", encodeURIComponent(field.value));
      else query.set(field.name, field.value);
    }
    const headers = {};
    const token = document.getElementById("token").value;
    if (token) headers.Authorization = "Bearer " + token;
    const address = path + (query.size ? "?" + query : "");
    const output = form.querySelector("pre");
    output.textContent = address;
    const answer = await fetch(address, { headers });
    output.textContent = address + "\\n" + answer.status + "\\n" + (await answer.text()).slice(0, 20000);
  });
}
"""
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#1b1f24}
code,pre{font:13px/1.4 ui-monospace,monospace}
pre{background:#f3f4f6;padding:.6rem;overflow:auto;max-height:24rem}
section{border-top:1px solid #d0d7de;margin-top:1.2rem}label{display:inline-block;margin:.2rem .8rem .2rem 0}
h2{font-size:1.1rem}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}
"""
_TRIABLE = "/v1"


def docs_page(endpoints: Sequence[Endpoint]) -> str:
    """All endpoints with their parameters; each can be tried."""
    sections = "\n".join(_section(its) for its in endpoints if its.path.startswith(_TRIABLE))
    body = (
        '<p>Read only. <a href="/v1/openapi.json">OpenAPI 3.1</a> · <a href="/docs/problems">problems</a></p>'
        '<p><label>Token <input id="token" type="password" autocomplete="off"></label></p>'
        "<p>Texts are exact: those of models may hold anything. Sanitise them before you show them.</p>"
        f"{sections}"
    )
    return _page("nof1-tui API", body, script=True)


def _section(endpoint: Endpoint) -> str:
    fields = [
        f'<label title="{escape(its.description)}">{its.name} <input name="{its.name}"></label>'
        for its in endpoint.parameters
    ]
    if endpoint.path.endswith("/{id}"):
        fields.insert(0, '<label>id <input name="id" required></label>')
    scope = f" Scope: <code>{endpoint.scope}</code>." if endpoint.scope else ""
    form = (
        ""
        if endpoint.name == "stream"
        else f'<form data-path="{endpoint.path}">{"".join(fields)}<button>Send</button><pre></pre></form>'
    )
    return (
        f"<section><h2><code>GET {escape(endpoint.path)}</code></h2>"
        f"<p>{escape(endpoint.summary)}{scope}</p>{form}</section>"
    )


def problems_page() -> str:
    """The problems that an answer may be, each with an anchor."""
    rows = "".join(
        f'<tr id="{slug}"><td><code>{slug}</code></td><td>{status}</td><td>{escape(TITLES[slug])}</td></tr>'
        for slug, status in STATUS_OF_PROBLEM.items()
    )
    return _page("Problems", f"<table><tr><th>slug<th>status<th>meaning</tr>{rows}</table>", script=False)


def _page(title: str, body: str, *, script: bool) -> str:
    tag = '<script src="/docs/docs.js" defer></script>' if script else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/docs/docs.css">{tag}</head>'
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )
