"""Every instance is stopped and started again, one after the other, behind both gateways at once: nobody notices."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sites import GATEWAYS, Servers, Site

from many_requests import Connection, Load, open_sessions, replayed

pytestmark = pytest.mark.peers

CLIENTS = 3
"""Connections to each kind of server through each gateway."""

PACE = 0.02
"""Seconds between an answer and the next request: a load, and room for those who share the machine."""

STEPS, INTERVAL = 5, 0.2
"""Of a call that takes longer than a server's end would without it."""


@dataclass
class Traffic:
    """What clients of one site do until it is over, and what they were answered."""

    site: Site
    over: asyncio.Event
    load: Load = field(default_factory=Load)
    sessions: list[str] = field(default_factory=list)
    long_calls: int = 0

    async def run(self) -> None:
        """All clients at once; those of the stateful servers have a session each."""
        if self.site.variant == "stateful":
            self.sessions = await open_sessions(self.site.port, CLIENTS, self.site.headers)
        clients = [self.echoes(session) for session in self.sessions or [""] * CLIENTS]
        await asyncio.gather(self.long(), *clients)

    async def answered_by(self, name: str) -> None:
        """Return when an instance has answered once more: the gateway knows then that it is back."""
        before = self.load.by_instance[name]
        await self.load.until(lambda: self.load.by_instance[name] > before)

    async def echoes(self, session: str) -> None:
        """One short call after the other, in the era with sessions."""
        connection = Connection(self.site.port, self.site.headers)
        for number in itertools.count():
            if self.over.is_set():
                break
            await self.load.echo(connection, session, f"number {number} of {session}")
            await asyncio.sleep(PACE)
        connection.close()

    async def long(self) -> None:
        """Calls of the era without sessions that answer in steps."""
        while not self.over.is_set():
            message = f"long call {self.long_calls}"
            steps = {"message": message, "progressSteps": STEPS, "progressInterval": INTERVAL}
            reply = await asyncio.to_thread(self.site.call, "echo", steps, message)
            assert reply.status == 200, reply
            *progress, answer = [line[6:] for line in reply.body.splitlines() if line.startswith(b"data: {")]
            assert len(progress) == STEPS
            assert json.loads(answer)["id"] == message
            self.long_calls += 1


@pytest.fixture
def sites(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    """Both servers behind both gateways."""
    nginx, traefik = (gateway(tmp_path_factory.mktemp(name), servers.addresses) for name, gateway in GATEWAYS.items())
    with nginx as nginx_port, traefik as traefik_port:
        ports = {"nginx": nginx_port, "traefik": traefik_port}
        yield [Site(variant, port, name) for name, port in ports.items() for variant in ("stateless", "stateful")]


async def test_a_rolling_restart_under_load_loses_no_request_and_no_session(
    servers: Servers, sites: list[Site]
) -> None:
    over = asyncio.Event()
    traffic = [Traffic(site, over) for site in sites]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for each in traffic:
            group.create_task(each.run())
        for name in list(servers.instances):
            before = [each.load.statuses.total() for each in traffic]
            await asyncio.to_thread(servers.stop, name)
            assert all(each.load.statuses.total() > count for each, count in zip(traffic, before, strict=True))
            await asyncio.to_thread(servers.start, name)
            await asyncio.gather(*(each.answered_by(name) for each in traffic if name.startswith(each.site.variant)))
        over.set()
    for each in traffic:
        lost = each.load.statuses.total() - each.load.statuses[200]
        assert lost == 0, (each.site, each.load.statuses)
        assert each.long_calls > 0
        instances = {name for name in servers.instances if name.startswith(each.site.variant)}
        assert each.load.by_instance.keys() == instances
        replays = await replayed(each.site.port, each.sessions, each.site.headers)
        assert replays.keys() == set(each.sessions)
        assert all(each.load.last[session] in text for session, text in replays.items())
