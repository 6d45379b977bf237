"""The store under test."""

from collections.abc import AsyncIterator

import pytest
from store_fixtures import BACK_ENDS

from mcp_echo_core.stores.base import SessionStore


@pytest.fixture(params=BACK_ENDS)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SessionStore]:
    """Each back end in turn: three sessions of 100 seconds, outboxes of four messages."""
    made = await BACK_ENDS[request.param]()
    yield made
    await made.close()
