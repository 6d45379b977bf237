"""``server.json``: how the MCP registry and its clients get and start the servers, from the project and its settings.

The format is that of the registry's schema of 2025-12-11; what it demands beyond the schema is in its documentation
under package types: an image carries its version in the identifier and has no version of its own.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from mcp_echo_core.redaction import looks_secret
from mcp_echo_core.settings import TABLE, Setting
from mcp_echo_core.variants import VARIANTS
from release import project

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
PORT = "MCP_ECHO_PORT"
LOOPBACK = "127.0.0.1"
PUBLISHED = project.ROOT / "deploy" / "loopback.env"
"""Settings of a container whose port is published on loopback: its own peer is Docker's network, which says nothing."""
SHORT = "Diagnostic echo servers over Streamable HTTP: see what arrives, what it breaks and how to fix it"
"""The description, which the schema limits to 100 characters."""


def page() -> str:
    """The whole file."""
    entry = {
        "$schema": SCHEMA,
        "name": project.server_name(),
        "title": "MCP Echo",
        "description": SHORT,
        "repository": {"url": project.repository(), "source": "github"},
        "version": project.version(),
        "packages": [_distribution(), _image()],
    }
    return json.dumps(entry, indent=2, ensure_ascii=False) + "\n"


def _distribution() -> dict[str, Any]:
    """Started by uvx, which runs the command that is named like the distribution."""
    return {
        "registryType": "pypi",
        "identifier": project.NAME,
        "version": project.version(),
        "runtimeHint": "uvx",
        "packageArguments": [
            {"type": "positional", "value": "serve"},
            _variant(),
            {"type": "named", "name": "--host", "value": LOOPBACK, "description": "Reachable from this machine only."},
        ],
        "environmentVariables": list(_variables("MCP_ECHO_HOST")),
        "transport": {"type": "streamable-http", "url": f"http://{LOOPBACK}:{{{PORT}}}/mcp"},
    }


def _image() -> dict[str, Any]:
    """Started by docker; the port inside is the default one, since the published one would have to follow it."""
    port = next(setting.default_for("stateful") for setting in TABLE if PORT in setting.variables)
    names = dict(re.findall(r"^(\w+)=(.*)$", PUBLISHED.read_text(encoding="utf-8"), re.MULTILINE))
    return {
        "registryType": "oci",
        "identifier": project.image(),
        "runtimeHint": "docker",
        "runtimeArguments": [
            {"type": "named", "name": "--publish", "value": f"{LOOPBACK}:{port}:{port}"},
            {"type": "named", "name": "--tmpfs", "value": "/tmp"},
        ],
        "packageArguments": [
            {"type": "positional", "value": "mcp-echo"},
            {"type": "positional", "value": "serve"},
            _variant(),
        ],
        "environmentVariables": [
            {**variable, **({"default": names[variable["name"]]} if variable["name"] in names else {})}
            for variable in _variables("MCP_ECHO_HOST", PORT)
        ],
        "transport": {"type": "streamable-http", "url": f"http://{LOOPBACK}:{port}/mcp"},
    }


def _variant() -> dict[str, Any]:
    return {
        "type": "named",
        "name": "--variant",
        "description": "Which of the two servers: with sessions, or without.",
        "isRequired": True,
        "default": "stateful",
        "choices": list(VARIANTS),
    }


def _variables(*left_out: str) -> Iterator[dict[str, Any]]:
    for setting in TABLE:
        name = _common(setting)
        if name not in left_out:
            yield {"name": name, "description": setting.help, **_form(setting), **_default(setting), **_secret(name)}


def _common(setting: Setting) -> str:
    """The variable that counts for most variants; of several, the first."""
    count = {name: sum(name in setting.variables_for(variant) for variant in VARIANTS) for name in setting.variables}
    return max(setting.variables, key=lambda name: count[name])


def _form(setting: Setting) -> dict[str, Any]:
    if setting.is_switch:
        return {"format": "boolean"}
    if all(re.fullmatch(r"\d+(\.\d+)?", setting.default_for(variant)) for variant in VARIANTS):
        return {"format": "number"}
    return {"format": "string"}


def _default(setting: Setting) -> dict[str, Any]:
    """The default, where the variants have one and the same."""
    defaults = {setting.default_for(variant) for variant in VARIANTS} - {""}
    return {"default": defaults.pop()} if len(defaults) == 1 else {}


def _secret(name: str) -> dict[str, Any]:
    """Whether clients should hide what is entered; the URL of a session store may hold a password."""
    return {"isSecret": True} if looks_secret(name) or name == "MCP_SESSION_STORE" else {}
