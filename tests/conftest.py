"""Fixtures for everything that is tested through the ASGI application in this process."""

import contextlib
import gc
from collections.abc import AsyncIterator, Callable

import pytest
from starlette.types import ASGIApp

from harness import VARIANT_NAMES, FakeClock, Server
from in_loop import Serve, served


def pytest_collection_finish() -> None:
    """Ten thousand collected tests live until the end: the collector need not look at them in between."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the servers made by ``make_app``."""
    return FakeClock()


@pytest.fixture
def make_app(clock: FakeClock) -> Callable[..., Server]:
    """Builds servers: ``make_app("stateless", MCP_READ_TIMEOUT="0.1")``."""

    def make(variant: str = "stateful", **variables: str) -> Server:
        return Server(variant, clock, **variables)

    return make


@pytest.fixture(params=VARIANT_NAMES)
def variant(request: pytest.FixtureRequest) -> str:
    """The name of each of the two servers in turn."""
    return request.param


@pytest.fixture
def server(variant: str, make_app: Callable[..., Server]) -> Server:
    """Each of the two servers in turn, with default settings."""
    return make_app(variant)


@pytest.fixture
def stateful(make_app: Callable[..., Server]) -> Server:
    """The server with sessions, with default settings."""
    return make_app("stateful")


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves apps on real sockets in this event loop until the test ends."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(app: ASGIApp) -> str:
            return await stack.enter_async_context(served(app))

        yield start
