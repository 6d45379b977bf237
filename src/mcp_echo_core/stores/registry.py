"""Finds the store a URL names: ours and third parties' come through the same entry points."""

from functools import cache
from importlib.metadata import EntryPoints, entry_points
from typing import Protocol
from urllib.parse import urlsplit

from mcp_echo_core import redaction
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import SessionStore

GROUP = "mcp_echo.session_stores"
"""Entry point group; the entry's name is the URL scheme, its value a class with ``from_settings``."""


class StoreFactory(Protocol):
    """What an entry point gives: a class that builds its store from the settings."""

    @classmethod
    def from_settings(cls, settings: Settings) -> SessionStore:
        """A store for ``settings.session_store``.

        Raises:
            ConfigurationError: The URL cannot be used.
        """


def open_store(settings: Settings) -> SessionStore:
    """The store that ``MCP_SESSION_STORE`` names.

    Raises:
        ConfigurationError: No installed store has this scheme, or a package it needs is missing.
    """
    scheme = urlsplit(settings.session_store).scheme
    known = _installed()
    if scheme not in known.names:
        allowed = f"the scheme of an installed store: {', '.join(f'{name}://' for name in sorted(known.names))}"
        raise ConfigurationError("MCP_SESSION_STORE", redaction.text(settings.session_store), allowed)
    try:
        factory: StoreFactory = known[scheme].load()
    except ModuleNotFoundError as missing:
        # Extras are named after the package they bring.
        package, owner = (missing.name or "").partition(".")[0], known[scheme].dist
        command = f"pip install '{owner.name}[{package}]'" if owner else f"pip install {package}"
        allowed = f"usable once the package {package} is installed: {command}"
        raise ConfigurationError("MCP_SESSION_STORE", redaction.text(settings.session_store), allowed) from None
    return factory.from_settings(settings)


@cache
def _installed() -> EntryPoints:
    """What a process can use does not change, and the search opens a file of every installed package."""
    return entry_points(group=GROUP)
