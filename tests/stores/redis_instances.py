"""Stores on one Redis: each object is what one instance of the server would have."""

from typing import Any

from mcp_echo_core.stores.redis import RedisStore
from redis_process import RedisProcess


async def instance(server: RedisProcess, **options: Any) -> RedisStore:
    """One more instance; by default sessions of 100 seconds, 1,000 of them, outboxes of four messages."""
    facts = {"timeout": 100.0, "max_sessions": 1000, "queue_size": 4, **options}
    store = RedisStore(server.url, **facts)
    await store.open()
    return store
