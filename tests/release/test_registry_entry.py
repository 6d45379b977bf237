"""``server.json``: what it says is so; scripts/release-check holds it to the registry's own schema."""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from mcp_echo_core.cli import main  # noqa: E402
from mcp_echo_core.commands import serve  # noqa: E402
from mcp_echo_core.settings import TABLE, Settings  # noqa: E402
from mcp_echo_core.variants import VARIANTS  # noqa: E402
from release import project  # noqa: E402

ENTRY: dict[str, Any] = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
PACKAGES: dict[str, dict[str, Any]] = {package["registryType"]: package for package in ENTRY["packages"]}
KINDS = ("pypi", "oci")
NAMES = {
    "MCP_ALLOWED_HOSTS": "localhost:*,127.0.0.1:*",
    "MCP_ALLOWED_ORIGINS": "http://localhost:*,http://127.0.0.1:*",
}
"""What a container is told, since it cannot see that its port is published on loopback."""


def arguments(package: dict[str, Any], key: str) -> list[str]:
    """The words that a client puts on the command line when its user changes nothing."""
    words: list[str] = []
    for argument in package[key]:
        words += [word for word in (argument.get("name"), argument.get("value", argument.get("default"))) if word]
    return words


def test_it_offers_the_distribution_and_the_image_over_streamable_http() -> None:
    assert tuple(PACKAGES) == KINDS
    assert {package["transport"]["type"] for package in PACKAGES.values()} == {"streamable-http"}


def test_the_version_is_in_all_three_places_and_in_no_field_that_the_registry_refuses() -> None:
    assert ENTRY["version"] == PACKAGES["pypi"]["version"] == project.version()
    assert PACKAGES["oci"]["identifier"].endswith(f":{project.version()}")
    assert "version" not in PACKAGES["oci"]


def test_the_reference_of_the_image_has_no_capitals() -> None:
    assert PACKAGES["oci"]["identifier"] == PACKAGES["oci"]["identifier"].lower()


def test_the_description_keeps_the_registrys_limit() -> None:
    assert len(ENTRY["description"]) <= 100


def test_the_distribution_has_the_command_that_uvx_looks_for() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts[PACKAGES["pypi"]["identifier"]] == scripts["mcp-echo"]


@pytest.mark.parametrize("kind", KINDS)
def test_its_arguments_are_those_of_our_command_line(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    monkeypatch.setattr(serve, "_serve", lambda variant, _: served.append(variant) or 0)
    words = arguments(PACKAGES[kind], "packageArguments")
    assert main(words[words.index("serve") :]) == 0
    assert served == ["stateful"]
    (variant,) = [found for found in PACKAGES[kind]["packageArguments"] if found.get("name") == "--variant"]
    assert variant["choices"] == list(VARIANTS)


@pytest.mark.parametrize("kind", KINDS)
def test_its_variables_and_defaults_are_settings_that_both_servers_accept(kind: str) -> None:
    given = {found["name"]: found.get("default", "") for found in PACKAGES[kind]["environmentVariables"]}
    known = {name for setting in TABLE for name in setting.variables}
    assert given.keys() <= known
    assert len(given) == len(TABLE) - (1 if kind == "pypi" else 2)
    own = NAMES if kind == "oci" else {}
    assert {name: given[name] for name in own} == own
    for variant in VARIANTS:
        assert Settings.from_env(given, variant) == Settings.from_env(own, variant)


@pytest.mark.parametrize("kind", KINDS)
def test_clients_are_told_to_hide_secrets(kind: str) -> None:
    hidden = {found["name"] for found in PACKAGES[kind]["environmentVariables"] if found.get("isSecret")}
    assert hidden == {"MCP_ECHO_STATE_SECRET", "MCP_ECHO_DASHBOARD_TOKEN", "MCP_SESSION_STORE"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_address_names_only_variables_that_there_are(kind: str) -> None:
    named = set(re.findall(r"\{([^}]+)\}", PACKAGES[kind]["transport"]["url"]))
    assert named <= {found["name"] for found in PACKAGES[kind]["environmentVariables"]}


def test_a_server_that_a_client_started_is_bound_to_this_machine() -> None:
    pypi, oci = PACKAGES["pypi"], PACKAGES["oci"]
    assert arguments(pypi, "packageArguments")[-2:] == ["--host", "127.0.0.1"]
    assert arguments(oci, "runtimeArguments")[:2] == ["--publish", "127.0.0.1:3000:3000"]
    assert "EXPOSE 3000" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
