"""What the documents tell people to type: shell that parses, options that exist, configuration that can be read.

What is run and compared is elsewhere: ``test_examples.py``, ``tests/how_to``, ``tests/deploy``.
"""

import argparse
import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

import nginx_process
from mcp_echo_core.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
END = re.compile(r"^(\|\|?|&&?|;|[0-9]?>.*)$")
"""Words at which a command ends."""

ENDPOINT = "http://localhost:3000/mcp"


class Parsed(BaseException):
    """The options of a command exist."""


def snippets(language: str) -> list[Any]:
    """All code blocks in a language."""
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, (kind, code) in enumerate(FENCED.findall(page.read_text(encoding="utf-8")))
        if kind == language
    ]


def commands(code: str) -> Iterator[list[str]]:
    """The arguments of each ``mcp-echo`` in a script."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True) if "mcp-echo" in line else []
        for at, word in enumerate(words):
            if word == "mcp-echo" and (at == 0 or END.match(words[at - 1]) or "=" in words[at - 1]):
                rest = words[at + 1 :]
                ends = [number for number, each in enumerate(rest) if END.match(each)]
                yield rest[: ends[0]] if ends else rest


@pytest.mark.parametrize("code", snippets("sh"))
def test_shell_can_be_parsed(code: str) -> None:
    done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr


def parsing(parse: Callable[..., Any]) -> Callable[..., Any]:
    """The same, and no more."""

    def parsed(*arguments: Any, **named: Any) -> Any:
        parse(*arguments, **named)
        raise Parsed

    return parsed


@pytest.mark.parametrize("code", snippets("sh"))
def test_the_options_of_our_commands_exist(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for method in ("parse_args", "parse_intermixed_args"):
        monkeypatch.setattr(argparse.ArgumentParser, method, parsing(getattr(argparse.ArgumentParser, method)))
    for words in commands(code):
        with pytest.raises(Parsed):
            main(words)


def test_commands_are_found_wherever_they_stand() -> None:
    code = (
        "A=b mcp-echo serve --port 1 &\nx | mcp-echo \\\n  tools URL 2>&1 || y  # mcp-echo no\npip install 'mcp-echo'\n"
    )
    assert list(commands(code)) == [["serve", "--port", "1"], ["tools", "URL"]]


@pytest.mark.parametrize("code", snippets("yaml"))
def test_yaml_can_be_read(code: str) -> None:
    assert yaml.safe_load(code)


@pytest.mark.parametrize("code", snippets("promql"))
def test_queries_can_be_read(code: str) -> None:
    assert promql_parser.parse(code)


@pytest.mark.peers
@pytest.mark.parametrize("code", snippets("nginx"))
def test_nginx_takes_its_configuration(code: str, tmp_path: Path) -> None:
    nginx_process.require()
    server = code if "server {" in code else f"server {{\n{code}\n}}"
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_process.CONFIGURATION.format(folder=tmp_path, inside=server), encoding="utf-8")
    command = [str(nginx_process.BINARY), "-t", "-p", str(tmp_path), "-c", str(file), "-e", str(tmp_path / "log")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr


def client_configurations(page: Path) -> list[Any]:
    """The files of clients that a page shows."""
    found = [
        json.loads(code) for language, code in FENCED.findall(page.read_text(encoding="utf-8")) if language == "json"
    ]
    return [each for each in found if {"mcpServers", "servers"} & each.keys()]


def test_client_configurations_name_the_endpoint_where_the_client_reads_it() -> None:
    shown = client_configurations(ROOT / "docs" / "client-setup.md")
    assert len(shown) == 4
    for document in shown:
        ((top, servers),) = document.items()
        for server in servers.values():
            remote = {key: value for key, value in server.items() if key != "type"}
            bridge = {"command": "npx", "args": ["-y", "mcp-remote", ENDPOINT]}
            assert remote in ({"url": ENDPOINT}, bridge)
            assert server.get("type", "http") == "http"
            assert top == "mcpServers" or server["type"] == "http"  # VS Code wants to be told


def test_the_readme_shows_clients_as_their_own_page_does() -> None:
    page = client_configurations(ROOT / "docs" / "client-setup.md")
    assert all(shown in page for shown in client_configurations(ROOT / "README.md"))
