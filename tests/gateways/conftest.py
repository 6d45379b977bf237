"""One deployment for all tests of a file, and each gateway in front of it."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from sites import DOMAIN, GATEWAYS, Servers, Site, serving_all


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All servers, which no test stops."""
    with serving_all(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.fixture(scope="session", params=GATEWAYS)
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, servers: Servers
) -> Iterator[tuple[str, int]]:
    """Each gateway in turn: its name and its port."""
    with GATEWAYS[request.param](tmp_path_factory.mktemp(request.param), servers.addresses) as port:
        yield request.param, port


@pytest.fixture
def stateful(gateway: tuple[str, int]) -> Site:
    """The stateful servers behind each gateway."""
    name, port = gateway
    return Site("stateful", port, name)


@pytest.fixture
def stateless(gateway: tuple[str, int]) -> Site:
    """The stateless servers behind each gateway."""
    name, port = gateway
    return Site("stateless", port, name)


@pytest.fixture(params=["stateful", "stateless"])
def site(request: pytest.FixtureRequest, gateway: tuple[str, int]) -> Site:
    """Each of both."""
    name, port = gateway
    return Site(request.param, port, name)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment's names lead to this machine."""
    ask = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return ask("127.0.0.1" if str(name).endswith(f".{DOMAIN}") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
