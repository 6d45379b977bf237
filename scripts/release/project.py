"""What everything that is published has to agree on, read from the one place where it stands."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

NAME: str = PROJECT["name"]
"""Name of the distribution."""

ALIASES = {f"{NAME}-{variant}": variant for variant in ("stateful", "stateless")}
"""Distributions without files that depend on ours, and the variant each is named for."""

PLACEHOLDER = "OWNER"
"""Stands in the repository's URL while nobody has said where the project is published."""


def version() -> str:
    """The version, from where hatch takes it.

    Raises:
        ValueError: No version stands there.
    """
    source = ROOT / "src" / "mcp_echo_core" / "__init__.py"
    found = re.search(r'^__version__ = "([^"]+)"$', source.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{source.name} of mcp_echo_core assigns no __version__")
    return found[1]


def repository() -> str:
    """URL of the source repository: ``[project.urls]`` of pyproject.toml is the only place that says it."""
    return str(PROJECT["urls"]["Repository"])


def owner_and_repository() -> tuple[str, str]:
    """Both parts of the repository's path, spelled as there."""
    owner, name = urlsplit(repository()).path.strip("/").split("/")
    return owner, name


def server_name() -> str:
    """Name in the MCP registry, in the namespace that GitHub proves for the owner of the repository."""
    return "io.github.{}/{}".format(*owner_and_repository())


def image() -> str:
    """Reference of the container image of this version; references have no capitals."""
    return f"ghcr.io/{'/'.join(owner_and_repository())}".lower() + f":{version()}"


def marker() -> str:
    """The line by which README.md proves to the registry that both have one owner."""
    return f"<!-- mcp-name: {server_name()} -->"
