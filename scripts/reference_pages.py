"""Reference pages that are the code in words: refusals, paths, rules for clients, traces of gateways."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from starlette.routing import Route, WebSocketRoute

from mcp_echo_core import errors
from mcp_echo_core.app import PROTOCOL_PATHS, create_app
from mcp_echo_core.client_report.gateway import LOOKS
from mcp_echo_core.client_report.rule import Rule
from mcp_echo_core.client_report.rules import RULES
from mcp_echo_core.dashboard.routes import Dashboard
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.modern import CODES, STATUS
from mcp_echo_core.operations import PATHS
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS

SOURCE = Path(__file__).resolve().parent.parent / "src" / "mcp_echo_core"
OK = 200
NEW_CODES = (errors.HEADER_MISMATCH, errors.MISSING_CAPABILITY, errors.UNSUPPORTED_VERSION)
"""Codes that only 2026-07-28 has."""

KINDS = {kind.__name__: kind for kind in errors.Refusal.__subclasses__()}

TOLD = {
    "/health": "status, figures about sessions or requests, uptime, version, instance",
    "/livez": "200 while the process lives",
    "/readyz": "200; 503 while it drains or its session store is away",
    "/metrics": "Prometheus text; see [Metrics](metrics.md)",
    "/static/{file}": "the page's own script, style and icon",
    "": "the page",
    "/record.json": "everything at a glance",
    "/exchanges/{sequence}": "one exchange in full; 404 when it is no longer kept",
    "/events": "the feed, as server-sent events; 503 with `Retry-After` when too many are open",
    "/ws": "the feed, as a WebSocket",
    "/report.json": "findings and observations",
    "/report.md": "the same as Markdown",
    "/report.junit": "the same for continuous integration",
    "/export.har": "the record for tools that read HAR",
    "/export.json": "the record with the findings",
    "/export.md": "the record for people",
    "/share": "makes a view key: 201, its path and page",
    "/share/{key}": "takes a view key back: 204",
}
"""What each path answers, without the prefix of the dashboard; a path of the code that is missing here is an error."""


def refusals() -> Iterator[str]:
    """The table of kinds of refusals."""
    yield from (
        "| refusal | code until 2025-11-25 | HTTP status | code in 2026-07-28 | HTTP status | when |",
        "|---|---|---|---|---|---|",
    )
    for kind in KINDS.values():
        if kind is not errors.HttpRefusal:
            modern = CODES.get(kind.code, kind.code)
            older = ("–", "–") if kind.code in NEW_CODES else (f"`{kind.code}`", str(kind.status or OK))
            newer = (f"`{modern}`", str(kind.status or STATUS.get(modern, OK)))
            yield f"| {kind.message} | {' | '.join((*older, *newer))} | {_first_line(kind)} |"


def explained() -> Iterator[str]:
    """A table of everything that is refused, kind by kind, as the code says it."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name, positional, named in _calls(KINDS):
        head, row = _row(name, positional, named)
        if row is not None:
            found.setdefault(head, set()).add(row)
    for head in sorted(found, key=str.lower):
        yield from (f"### {head}", "", "| problem | fix | source |", "|---|---|---|")
        yield from ("| " + " | ".join(row) + " |" for row in sorted(found[head]))
        yield ""


def _calls(kinds: Iterable[str]) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Where the code makes a refusal: its kind, and the texts it is made of."""
    for file in sorted(SOURCE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if not any(f"{kind}(" in text for kind in kinds):
            continue
        module = ast.parse(text)
        constants = {
            name.id: statement.value.value
            for statement in module.body
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
            for name in statement.targets
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                named = {word.arg: _words(word.value, constants) for word in node.keywords if word.arg}
                yield node.func.id, [_words(word, constants) for word in node.args], named


def _words(node: ast.AST, constants: dict[str, object]) -> str:
    """A text of the code, with … for what is only known when it runs."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(id=name) if isinstance(constants.get(name), str):
            return str(constants[name])
        case ast.FormattedValue(value=value):
            return _words(value, constants)
        case ast.JoinedStr(values=parts):
            return "".join(_words(part, constants) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            return " / ".join(text for text in (_words(one, constants), _words(other, constants)) if text)
    return "…"


def _row(name: str, positional: list[str], named: dict[str, str]) -> tuple[str, tuple[str, ...] | None]:
    """What heads the table that a refusal belongs to, and its row; none where all of it is made up elsewhere."""
    if name == errors.HttpRefusal.__name__:
        head, problem = " ".join(positional[:2]), named.get("problem", "")
    else:
        head, problem = KINDS[name].message, positional[0] if positional else ""
    if not problem.strip("… "):
        return head, None
    parts = (problem, named.get("fix", ""), named.get("spec", ""))
    return head, tuple(part.replace("|", "\\|").replace("<", "\\<") for part in parts)


def paths() -> Iterator[str]:
    """The table of all paths but the dashboard's."""
    yield from ("| path | method | stateful | stateless | who may ask |", "|---|---|---|---|---|")
    yield from _protocol("`, `".join(sorted(PROTOCOL_PATHS)), "whom Host and Origin let through")
    yield from _protocol(
        "`, `".join(f"/b/<name>{path}" for path in sorted(PROTOCOL_PATHS)), "the same, with the name", stateless=False
    )
    for path in PATHS[1:]:
        yield f"| `{path}` | GET | {TOLD[path]} | same | everybody who reaches the port |"
    yield "| `/b` | POST | a name for a bin that nobody guesses: 201 | – | who has `MCP_ECHO_DASHBOARD_TOKEN`, if set |"


def _protocol(path: str, who: str, *, stateless: bool = True) -> Iterator[str]:
    told = {
        "POST": ("a message: 200 with JSON or an event stream, 202 for a notification", "same"),
        "GET": ("the event stream of a session", "405"),
        "DELETE": ("ends a session: 204", "405"),
        "OPTIONS": ("CORS preflight: 204", "same"),
    }
    for variant, column in (("stateful", 0), ("stateless", 1)):
        served = {method for method, answers in told.items() if answers[column] != "405"} - {"OPTIONS"}
        assert served == set(VARIANTS[variant].methods.decode().split(", ")), variant
    for method, (stateful, other) in told.items():
        yield f"| `{path}` | {method} | {stateful} | {other if stateless else '–'} | {who} |"


def dashboard_paths() -> Iterator[str]:
    """The table of the dashboard's paths."""
    app = create_app(VARIANTS["stateful"], Settings.from_env({}, "stateful"))
    assert app.runtime.journal is not None
    dashboard = Dashboard(app.runtime, app.runtime.journal, Drain(app.runtime.settings, lambda: 0))
    yield from ("| path under `/dashboard` | method | answer |", "|---|---|---|")
    for route in dashboard.router().routes:
        assert isinstance(route, Route | WebSocketRoute)
        methods = sorted((route.methods or set()) - {"HEAD"}) if isinstance(route, Route) else ["WebSocket"]
        path = route.path.replace(":path", "")
        told = TOLD[path.removeprefix("/view/{key}").removeprefix("/{id}")]
        yield f"| `{path}` | {', '.join(methods)} | {told} |"


def client_rules() -> Iterator[str]:
    """The rules, a section for each area."""
    areas: dict[str, list[Rule]] = {}
    for rule in RULES:
        areas.setdefault(rule.area, []).append(rule)
    for area, rules in areas.items():
        yield from (f"### {area}", "", "| rule | level | what it says | fix | source |", "|---|---|---|---|---|")
        for rule in rules:
            level = rule.level if rule.certainty == "certain" else f"{rule.level}, {rule.certainty}"
            yield f"| `{rule.id}` | {level} | {rule.title} | {rule.fix} | {'; '.join(rule.spec)} |".replace(
                " <", " \\<"
            )
        yield ""


def gateway_traces() -> Iterator[str]:
    """The observations about gateways."""
    yield from ("| observation | what is looked at | what follows | how that can be known |", "|---|---|---|---|")
    yield from (f"| `{look.id}` | {look.title} | {look.meaning} | {look.basis} |" for look in LOOKS)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")
