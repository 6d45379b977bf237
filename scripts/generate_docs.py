"""Writes the reference pages under docs/ from the code; with --check, fails when they are not what the code says."""

import asyncio
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import performance_page
import reference_pages

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.commands import probe as probe_command
from mcp_echo_core.exposition import RequestFigures
from mcp_echo_core.gateway_diff.known import EXTRA, PROTOCOL
from mcp_echo_core.health import StoreAnswer
from mcp_echo_core.metrics import Metrics
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.session_metrics import SessionFigures
from mcp_echo_core.settings import TABLE, Setting
from mcp_echo_core.stores.memory import MemoryStore
from mcp_echo_core.tools.base import Tool, schema
from mcp_echo_core.variants import VARIANTS
from release import registry_entry

DOCS = Path(__file__).resolve().parent.parent / "docs"


def configuration() -> str:
    """The configuration page."""
    rows = (
        f"| {_code(_variables(setting))} | `{setting.flag}` | {_default(setting)} | {setting.help} |"
        for setting in TABLE
    )
    return _page(
        "Configuration",
        "Flags beat environment variables. A value that cannot be used stops the start with exit code 2 and a line "
        "that names the variable, the value and what is allowed. Besides, the standard `OTEL_*` variables switch on "
        "OpenTelemetry: see [telemetry.md](telemetry.md).",
        "| variable | flag | default | meaning |",
        "|---|---|---|---|",
        *rows,
    )


def tools() -> str:
    """The tools page."""
    lines: list[str] = []
    for variant in VARIANTS.values():
        lines += [f"## {variant.title}", ""]
        for tool in variant.tools:
            lines += [f"### {tool.name}", "", f"{tool.description}.".replace("..", "."), "", *_arguments(tool), ""]
    return _page("Tools", "Every tool answers with text for people and `structuredContent` for programs.", *lines)


def probe() -> str:
    """The page of the probe: written by hand, but for what the code knows."""
    return _filled("probe.md", options=_options(), checks=_checks(), fields=_fields())


def diff() -> str:
    """The page of the gateway diff, likewise."""
    return _filled("diff.md", sent=_sent())


def metrics() -> str:
    """The page of the metrics, likewise."""
    sessions = asyncio.run(MemoryStore(timeout=1.0, max_sessions=1, queue_size=1).statistics(0.0))
    store = SessionFigures(StoreAnswer(sessions, reachable=True))
    return _filled("metrics.md", requests=_families(RequestFigures(Metrics().snapshots())), sessions=_families(store))


def performance() -> str:
    """The page of what was measured: its figures are those of the committed files."""
    return _filled("performance.md", **performance_page.parts())


def errors() -> str:
    """The page of what is refused, likewise."""
    return _filled("errors.md", refusals=reference_pages.refusals(), explained=reference_pages.explained())


def endpoints() -> str:
    """The page of the paths, likewise."""
    paths, dashboard_paths = reference_pages.paths(), reference_pages.dashboard_paths()
    return _filled("endpoints.md", paths=paths, dashboard_paths=dashboard_paths)


def client_rules() -> str:
    """The page of the rules for clients, likewise."""
    rules, traces = reference_pages.client_rules(), reference_pages.gateway_traces()
    return _filled("client-rules.md", client_rules=rules, gateway_traces=traces)


def _families(collector: RequestFigures | SessionFigures) -> Iterable[str]:
    yield from ("| metric | type | labels | meaning |", "|---|---|---|---|")
    for family in collector.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = _code(getattr(family, "_labelnames", ()))  # the library tells them of samples only
        yield f"| `{name}` | {family.type} | {labels} | {family.documentation} |"


def _filled(file: str, **parts: Iterable[str]) -> str:
    """A page with its marked parts written anew."""
    page = _read(DOCS / file)
    for name, lines in parts.items():
        begin, end = f"<!-- {name}: written by scripts/generate_docs.py -->\n", "<!-- end -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = "".join((before, begin, "\n", "\n".join(lines), "\n\n", end, after))
    return page


def _sent() -> Iterable[str]:
    yield from ("| field | why it is sent | where that stands |", "|---|---|---|")
    yield from (f"| `{known.name}` | {known.why} | {known.reference} |" for known in (*PROTOCOL, *EXTRA))


def _options() -> Iterable[str]:
    yield from ("| option | meaning |", "|---|---|")
    for action in probe_command.parser()._actions:  # noqa: SLF001 - argparse lists its options nowhere else
        name = " ".join([*action.option_strings[:1], *([action.metavar] if action.metavar else [])])
        told = re.sub(r"\[(\w+)\]$", r"(`\1`)", (action.help or "") % {"default": action.default})
        yield f"| `{name}` | {told} |"


def _checks() -> Iterable[str]:
    yield from ("| check | level | question | rule |", "|---|---|---|---|")
    for check in CHECKS:
        yield f"| `{check.id}` | {check.level} | {check.question} | {'; '.join(check.spec)} |"


def _fields() -> Iterable[str]:
    yield from ("| field | meaning |", "|---|---|")
    for prefix, struct in (("", Report), ("lines[].", Line), ("lines[].finding.", Finding), ("exchanges[].", Exchange)):
        for name, told in _attributes(struct):
            yield f"| `{prefix}{name}` | {told.replace('``', '`')} |"


def _attributes(struct: type) -> list[tuple[str, str]]:
    """The fields of a Struct as its docstring describes them."""
    section = (inspect.getdoc(struct) or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.+(?:\n     .+)*)$", section, re.MULTILINE)
    return [(name, re.sub(r"\s+", " ", told)) for name, told in entries]


def _arguments(tool: Tool) -> Iterable[str]:
    described = schema(tool.arguments)
    properties = described.get("properties", {})
    if not properties:
        return ["No arguments."]
    required = described.get("required", ())
    return [
        "| argument | type | | meaning |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {_type(facts)} | {'required' if name in required else 'optional'} "
            f"| {facts.get('description', '')} |"
            for name, facts in properties.items()
        ),
    ]


def _type(facts: dict[str, object]) -> str:
    if "anyOf" in facts:
        return " or ".join(_type(option) for option in facts["anyOf"])
    if "enum" in facts:
        return ", ".join(f"`{value}`" for value in facts["enum"])
    return str(facts.get("type", "any"))


def _variables(setting: Setting) -> Iterable[str]:
    return setting.variables


def _default(setting: Setting) -> str:
    defaults = {name: setting.default_for(name) for name in VARIANTS}
    if len(set(defaults.values())) == 1:
        return _code([next(iter(defaults.values()))])
    return ", ".join(f"{name}: {_code([value])}" for name, value in defaults.items())


def _code(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" if text else "none" for text in texts)


def _page(title: str, *lines: str) -> str:
    note = "<!-- Written by scripts/generate_docs.py from the code; change it there. -->"
    return "\n".join([note, "", f"# {title}", "", lines[0], "", *lines[1:]]).rstrip() + "\n"


PAGES = {
    "configuration.md": configuration,
    "tools.md": tools,
    "probe.md": probe,
    "diff.md": diff,
    "metrics.md": metrics,
    "performance.md": performance,
    "errors.md": errors,
    "endpoints.md": endpoints,
    "client-rules.md": client_rules,
    "../server.json": registry_entry.page,
}


def main(arguments: list[str]) -> int:
    """Write or check all pages; exit code 1 when a checked page differs."""
    stale = [name for name, page in PAGES.items() if _read(DOCS / name) != page()]
    if "--check" in arguments:
        print(
            f"docs: run scripts/generate_docs.py, these differ: {', '.join(stale)}"
            if stale
            else "docs: as the code says"
        )
        return bool(stale)
    DOCS.mkdir(exist_ok=True)
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote docs/{name}")
    return 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
