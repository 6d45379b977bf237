"""Which part of the package may import which: the server nothing of the client side, and that only leaf modules."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "src" / "mcp_echo_core"

CLIENT_SIDE = ("client", "probe", "gateway_diff", "stream_check", "watching")
LEAVES = {"markdown", "messages", "errors", "sse", "redaction", "text", "eras.versions", "eras.mirrors"}
"""Modules of the server that the client side may use."""

EXTRAS = ("httpx", "rich", "markdown_it", "redis")


def imports_of(file: Path) -> Iterator[str]:
    """The modules of this package that a file imports, without the package's name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if (CORE.parent / f"{name.replace('.', '/')}.py").exists() else node.module for name in whole]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.removeprefix("mcp_echo_core.") for name in names if name.startswith("mcp_echo_core."))


@pytest.mark.parametrize("package", CLIENT_SIDE)
def test_the_client_side_uses_only_leaf_modules_of_the_server(package: str) -> None:
    foreign = {
        f"{file.relative_to(CORE)}: {name}"
        for file in (CORE / package).rglob("*.py")
        for name in imports_of(file)
        if name not in LEAVES and name.partition(".")[0] not in CLIENT_SIDE
    }
    assert foreign == set()


def test_the_server_uses_nothing_of_the_client_side() -> None:
    server = [file for file in CORE.rglob("*.py") if file.relative_to(CORE).parts[0] not in (*CLIENT_SIDE, "commands")]
    used = {f"{file.relative_to(CORE)}: {name}" for file in server for name in imports_of(file)}
    assert {line for line in used if line.partition(": ")[2].partition(".")[0] in CLIENT_SIDE} == set()


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
def test_a_server_that_runs_has_loaded_none_of_the_extras(variant: str) -> None:
    unwanted = (*EXTRAS, *(f"mcp_echo_core.{package}" for package in CLIENT_SIDE))
    program = f"""
import sys
from mcp_echo_streamablehttp_server_{variant} import app
print([name for name in {unwanted!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
