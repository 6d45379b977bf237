"""What how-tos are about, for real: servers, and nginx and Traefik with the configuration on the page."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import yaml
from how_to_auth import serving_auth
from how_to_pages import FIX, GATEWAY, Page, moved

import nginx_process
import traefik_process
from live import BIN, Live, free_port, running
from mcp_echo_core.cli import main

INNER, AUTH = 8081, 9000
"""Ports on the pages: of a second hop, of the service that knows who may pass."""

FILES = "/var/lib/mcp-echo/"
"""Where servers keep files, on the pages."""

STATIC = {
    "log": {"level": "ERROR"},
    "providers": {"file": {"directory": "/etc/traefik/routes"}},
    "experimental": {"fastProxy": {}},  # the other proxy breaks some short streams: see docs/troubleshooting.md
}


class Servers:
    """The servers of all pages; pages that start the same share it.

    Args:
        folder: For their files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._running: dict[tuple[str, ...], Live] = {}
        self._auth = self._stack.enter_context(serving_auth())

    def behind(self, page: Page, section: str) -> dict[int, int]:
        """The ports of what a section starts, by those on the page."""
        started = {port: self._started(words).port for port, words in page.servers(section).items()}
        return {AUTH: self._auth, INNER: free_port(), **started}

    def _started(self, words: list[str]) -> Live:
        key = tuple(words)
        if key not in self._running:
            at = words.index("--port")
            own = [word.replace(FILES, f"{self._folder}/") for word in words[1:at]]
            self._running[key] = self._stack.enter_context(running([str(BIN / words[0]), *own], self._folder))
        return self._running[key]

    def close(self) -> None:
        """Stop them all."""
        self._stack.close()


@contextlib.contextmanager
def nginx(folder: Path, page: Page, section: str, behind: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """An nginx with the configuration of a section; all ports, the gateway's own among them."""
    ports = {GATEWAY: free_port(), **behind}
    with nginx_process.configured(folder, moved(page.block(section, "nginx"), ports)):
        yield ports


@contextlib.contextmanager
def traefik(folder: Path, routes: Mapping[Page, Mapping[int, int]]) -> Iterator[dict[Page, dict[int, int]]]:
    """One Traefik with the fixes of several pages, an entry point for each; all ports of each page."""
    ports = {page: {GATEWAY: free_port(), **behind} for page, behind in routes.items()}
    files = folder / "files"
    (files / "routes").mkdir(parents=True)
    points = {page.name: {"address": f"127.0.0.1:{own[GATEWAY]}"} for page, own in ports.items()}
    _write(files / "traefik.yml", {**STATIC, "entryPoints": points})
    for page, own in ports.items():
        document = yaml.safe_load(moved(page.block(FIX, "yaml"), own))
        for router in document["http"]["routers"].values():
            assert router["entryPoints"] == ["web"], page.name
            router["entryPoints"] = [page.name]
        _write(files / "routes" / f"{page.name}.yml", document)
    port = next(iter(ports.values()))[GATEWAY]
    some = Live(None, port, folder)  # type: ignore[arg-type] # only asked
    with traefik_process.deployed(folder, files, {}, {}, lambda: some.get("/mcp").status != 404):
        yield ports


def _write(file: Path, document: object) -> None:
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


def run(words: list[str]) -> tuple[int, str]:
    """A command of ours: its exit code and what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = main(words)
    return code, out.getvalue()
