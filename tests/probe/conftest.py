"""Servers for the probe."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from probe_runs import Serve, served
from starlette.types import ASGIApp


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves apps until the test ends."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(app: ASGIApp) -> str:
            return await stack.enter_async_context(served(app))

        yield start
