"""The dashboard of records that are kept outside of the process."""

from pathlib import Path

from dashboards import Onlooker

from asgi_bridge import lifespan
from harness import Server, call, initialize


async def test_a_report_misses_nothing_although_the_feed_comes_later(tmp_path: Path) -> None:
    server = Server(MCP_SESSION_STORE=f"sqlite:///{tmp_path}/sessions.db")
    async with lifespan(server.app):
        onlooker, session = Onlooker(server), await initialize(server)
        told = await onlooker.watch(session)
        for number in range(3):
            await call(server, "echo", {"message": str(number)}, session)
            report = await onlooker.json(f"/dashboard/{session}/report.json")
            assert report["exchanges"] == 3 + number
            assert len((await onlooker.json(f"/dashboard/{session}/export.json"))["exchanges"]) == 3 + number
        numbers = []
        while 5 not in numbers:
            numbers.append((await told.exchange_told())["sequence"])
        assert numbers == sorted(set(numbers)), "each exchange is told once, in order"
        await told.exchange.leave()


async def test_the_page_of_a_session_outlives_the_process(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/sessions.db"
    first = Server(MCP_SESSION_STORE=store)
    async with lifespan(first.app):
        session = await initialize(first)
        key = await Onlooker(first).share(session)
    second = Server(MCP_SESSION_STORE=store)
    async with lifespan(second.app):
        for subject in (session, f"view/{key}"):
            record = await Onlooker(second).record(subject)
            assert (len(record["exchanges"]), record["session"]["alive"]) == (2, True)
