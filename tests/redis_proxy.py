"""A TCP proxy that counts round trips and fails as networks do: it cuts, refuses, or says nothing any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """Passes bytes on.

    Attributes:
        port: Where it listens.
        trips: How often the client has spoken after the server had, or first.
        refusing: New connections are ended at once.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.trips = 0
        self.refusing = False
        self._target = target
        self._speaking = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        if self.refusing:
            writer.transport.abort()
            return
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, onward}
        try:
            await asyncio.gather(self._pump(reader, onward, up=True), self._pump(onward_reader, writer, up=False))
        except OSError:
            pass
        finally:
            for end in (writer, onward):
                self._writers.discard(end)
                end.close()

    def cut(self) -> None:
        """End all connections at once."""
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """Pass on nothing more on the connections that there are, without a sign to either side."""
        self._silent |= self._writers

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await reader.read(1 << 16):
            self.trips += up and not self._speaking
            self._speaking = up
            if writer not in self._silent:
                writer.write(data)
        writer.close()


@contextlib.asynccontextmanager
async def proxied(target: int) -> AsyncIterator[Proxy]:
    """A proxy in front of a port."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1")
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await asyncio.sleep(0)
