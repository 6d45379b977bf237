"""The store under test: three sessions of 100 seconds, outboxes of four messages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlite_stores import Opener, opened
from store_fixtures import BACK_ENDS, KEEPING, RATE

from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.sqlite import SqliteStore


@pytest.fixture(params=KEEPING)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SessionStore]:
    """Each back end that keeps sessions in turn."""
    made = await BACK_ENDS[request.param](tmp_path, None)
    yield made
    await made.close()


@pytest.fixture(params=KEEPING)
async def limited_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SessionStore]:
    """The same with a rate limit of ten requests in five seconds."""
    made = await BACK_ENDS[request.param](tmp_path, RATE)
    yield made
    await made.close()


@pytest.fixture(params=BACK_ENDS)
async def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SessionStore]:
    """Each back end in turn, the one that keeps nothing, too."""
    made = await BACK_ENDS[request.param](tmp_path, None)
    yield made
    await made.close()


@pytest.fixture
async def opens(tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens the same file again and again, as several processes do."""
    stores: list[SqliteStore] = []

    async def another() -> SqliteStore:
        stores.append(await opened(tmp_path))
        return stores[-1]

    yield another
    for store in stores:
        await store.close()


@pytest.fixture
async def one(opens: Opener) -> SqliteStore:
    """A process that has opened the file."""
    return await opens()


@pytest.fixture
async def two(opens: Opener, one: SqliteStore) -> SqliteStore:
    """Another one."""
    return await opens()
