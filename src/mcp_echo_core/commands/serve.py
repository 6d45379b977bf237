"""``mcp-echo serve``, and what ``python -m`` of the two server packages does."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mcp_echo_core import __version__
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import TABLE

VARIANT_NAMES = ("stateful", "stateless")


def main(words: Sequence[str]) -> int:
    """Run a server until it is told to stop.

    Returns:
        0, or 2 when a setting cannot be used.
    """
    parser = argparse.ArgumentParser(prog="mcp-echo serve", description="Run a server.")
    parser.add_argument("--variant", choices=VARIANT_NAMES, required=True, help="which of the two servers")
    _add_settings(parser, None)
    flags = vars(parser.parse_args(words))
    return _serve(flags.pop("variant"), flags)


def serve_variant(variant_name: str, words: Sequence[str] | None = None) -> int:
    """Run one server; ``words`` are by default the process's own.

    Returns:
        0, or 2 when a setting cannot be used.
    """
    parser = argparse.ArgumentParser(prog=f"mcp-echo-streamablehttp-server-{variant_name}")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _add_settings(parser, variant_name)
    return _serve(variant_name, vars(parser.parse_args(words)))


def _serve(variant_name: str, flags: Mapping[str, str | None]) -> int:
    from mcp_echo_core.server import serve
    from mcp_echo_core.variants import VARIANTS

    try:
        serve(VARIANTS[variant_name], os.environ, flags)
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return 2
    return 0


def _add_settings(parser: argparse.ArgumentParser, variant_name: str | None) -> None:
    group = parser.add_argument_group("settings", "Flags beat environment variables.")
    for setting in TABLE:
        names = [variant_name] if variant_name else list(VARIANT_NAMES)
        variables = list(dict.fromkeys(v for name in names for v in setting.variables_for(name)))
        defaults = dict.fromkeys(setting.default_for(name) for name in names)
        told = " or ".join(default or "none" for default in defaults)
        env = f" [{', '.join(variables)}]" if variables else ""
        parser_help = f"{setting.help} Default: {told}.{env}".replace("%", "%%")
        switch: dict[str, Any] = {"nargs": "?", "const": "true"} if setting.is_switch else {}
        group.add_argument(setting.flag, dest=setting.field, metavar="VALUE", help=parser_help, **switch)
