"""The journals under test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from journal_fixtures import JOURNALS, LARGE, SHARED, Opener

from mcp_echo_core.recording.journal import Journal
from redis_process import shared_redis


async def _opener(name: str, folder: Path) -> AsyncIterator[Opener]:
    if name == "redis":
        shared_redis().ask("FLUSHDB")
    journals: list[Journal] = []

    async def another(max_bytes: int = LARGE) -> Journal:
        journals.append(await JOURNALS[name](folder, max_bytes))
        return journals[-1]

    yield another
    for journal in journals:
        await journal.close()


@pytest.fixture(params=JOURNALS)
async def opens(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens a journal of each kind in turn."""
    async for opener in _opener(request.param, tmp_path):
        yield opener


@pytest.fixture(params=SHARED)
async def instances(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens the same shared journal again and again, as several processes do, or one after another."""
    async for opener in _opener(request.param, tmp_path):
        yield opener


@pytest.fixture
async def journal(opens: Opener) -> Journal:
    """Each kind of journal in turn, with room for everything."""
    return await opens()
