"""environmentDump: the configuration that is in force, and which secrets are around, without any of their values."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core import redaction, system, text
from mcp_echo_core.call import Call
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import TABLE, Setting, Settings
from mcp_echo_core.system import Container
from mcp_echo_core.tools.base import NoArguments, Tool

RUNTIME_VARIABLES = ("NODE_ENV", "LOG_LEVEL", "TZ")
"""Further variables whose values are shown."""

MAX_SECRETS = 200
"""Names of secret-looking variables that are listed."""

_FLAGS = ("debug", "enable_binary", "enable_compression")
_SESSION_FIELDS = frozenset({
    "session_timeout", "session_cleanup_interval", "max_sessions", "session_queue_size", "session_required",
    "session_rate_limit",
    "session_store", "sse_keepalive_interval",
})  # fmt: skip
"""Settings that mean nothing to a server without sessions."""

_OWN_PREFIXES = ("MCP_", "ECHO_")
_KNOWN = frozenset(name for setting in TABLE for name in setting.variables)


class Configured(Struct, rename="camel"):
    """A setting in force.

    Attributes:
        name: Its environment variable.
        source: ``environment``, ``flag`` or ``default``.
    """

    name: str
    value: str
    source: str


class Result(Struct, rename="camel"):
    """The sanitized environment.

    Attributes:
        unknown: Variables that look like settings of this server and are none.
        hidden: Names of the variables that look secret.
        runtime: Further variables, ``None`` where they are not set.
    """

    settings: list[Configured]
    unknown: list[str]
    hidden: list[str]
    runtime: dict[str, str | None]
    debug: bool
    binary: bool
    compression: bool
    container: Container


async def run_stateful(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Read settings and environment."""
    return _read(call, frozenset(_FLAGS))


async def run_stateless(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Read settings and environment."""
    return _read(call, _SESSION_FIELDS)


def _read(call: Call, left_out: frozenset[str]) -> Result:
    settings, environ, variant = call.runtime.settings, call.runtime.environ, call.runtime.variant.name
    without_flags = _without_flags(environ, variant)
    rows = [setting for setting in TABLE if setting.field not in left_out and setting.variables_for(variant)]
    return Result(
        settings=[_configured(setting, call, without_flags) for setting in rows],
        unknown=[text.line(name) for name in sorted(environ) if _is_unknown(name)],
        hidden=list(_secrets(environ))[:MAX_SECRETS],
        runtime={name: _shown(environ, name) for name in RUNTIME_VARIABLES},
        debug=settings.debug,
        binary=settings.enable_binary,
        compression=settings.enable_compression,
        container=system.container(environ),
    )


def _without_flags(environ: Mapping[str, str], variant: str) -> Settings:
    """The settings as the environment alone has them, without variables that only a flag made harmless."""
    usable = dict(environ)
    while True:
        try:
            return Settings.from_env(usable, variant)
        except ConfigurationError as error:
            del usable[error.variable]


def _configured(setting: Setting, call: Call, without_flags: Settings) -> Configured:
    settings, environ = call.runtime.settings, call.runtime.environ
    names = setting.variables_for(call.runtime.variant.name)
    given = next((name for name in names if environ.get(name)), None)
    value = getattr(settings, setting.field)
    source = "environment" if given else "default"
    if value != getattr(without_flags, setting.field):
        source = "flag"
    name, spelled = given or names[0], _spelled(value)
    return Configured(name, text.line(redaction.variable(name, spelled)) if spelled else "", source)


def _spelled(value: Any) -> str:
    match value:
        case None:
            return "random"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _is_unknown(name: str) -> bool:
    return name.startswith(_OWN_PREFIXES) and name not in _KNOWN and not redaction.looks_secret(name)


def _secrets(environ: Mapping[str, str]) -> Iterator[str]:
    return (text.line(name, 200) for name in sorted(environ) if name not in _KNOWN and redaction.looks_secret(name))


def _shown(environ: Mapping[str, str], name: str) -> str | None:
    value = environ.get(name)
    return None if value is None else text.line(redaction.variable(name, value))


def render_stateful(result: Result) -> str:
    """Settings and feature flags."""
    flags = {
        "Debug Mode": _enabled(result.debug),
        "Binary Support": _enabled(result.binary),
        "Compression": _enabled(result.compression),
    }
    sections = {"MCP Settings:": _settings(result), "Feature Flags:": flags}
    if result.hidden:
        sections["🔐 Sensitive Values (Hidden):"] = _hidden(result)
    return "\n\n".join(["🔧 Environment Configuration", *text.sections(sections, "- ")])


def render_stateless(result: Result) -> str:
    """Settings, hidden values, the process' surroundings."""
    container = result.container
    sections = {
        "🌟 MCP Configuration:": _settings(result),
        "🔐 Sensitive Values (Hidden):": _hidden(result) or {"None": "no variable looks secret"},
        "📊 Runtime Environment:": {name: text.or_else(value, "not set") for name, value in result.runtime.items()},
        "🐳 Container Detection:": {
            "Running in Docker": _yes(container.docker),
            "Container ID": text.or_else(container.container_id, text.NOT_AVAILABLE),
            "Kubernetes": _yes(container.kubernetes),
        },
    }
    return "\n\n".join(["🔧 Environment Configuration (Sanitized)", *text.sections(sections, "  ")])


def _settings(result: Result) -> dict[str, str]:
    known = {row.name: _with_source(row) for row in result.settings}
    return known | dict.fromkeys(result.unknown, "⚠️ not a setting of this server (ignored)")


def _with_source(row: Configured) -> str:
    value = row.value or "(none)"
    return value if row.source == "environment" else f"{value} ({row.source})"


def _hidden(result: Result) -> dict[str, str]:
    return dict.fromkeys(result.hidden, redaction.HIDDEN)


def _enabled(flag: bool) -> str:
    return "✅ Enabled" if flag else "❌ Disabled"


def _yes(flag: bool) -> str:
    return "✅ Yes" if flag else "❌ No"


STATEFUL = Tool(
    name="environmentDump",
    title="Environment dump",
    description="Show the sanitized environment configuration",
    arguments=NoArguments,
    result=Result,
    run=run_stateful,
    render=render_stateful,
)

STATELESS = Tool(
    name="environmentDump",
    title="Environment dump",
    description="Display the sanitized environment configuration, secrets hidden",
    arguments=NoArguments,
    result=Result,
    run=run_stateless,
    render=render_stateless,
)
