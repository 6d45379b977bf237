"""Servers of ticks, and ways to them, that break on purpose what arrives."""

import asyncio
import zlib
from typing import Any

from ticking_server import RESULT, TickingServer, note


class Holding(TickingServer):
    """Keeps everything until the end, the head included."""

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        self.kept: list[Any] = []

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.kept.append(message)

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        super().open(writer)
        for each in self.kept:
            self.event(writer, each)
        await super().finish(writer, message)


class Batching(TickingServer):
    """Passes ticks on in groups."""

    size = 5

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        super().open(writer, more)
        self.kept: list[Any] = []

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.kept.append(message)
        if len(self.kept) == self.size:
            for each in self.kept:
                self.event(writer, each)
            self.kept.clear()


class Losing(TickingServer):
    """Drops one tick."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        if message["params"]["progress"] != 3:
            await super().tick(writer, message)


class Cutting(TickingServer):
    """Breaks the connection after the third tick."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        await super().tick(writer, message)
        if message["params"]["progress"] == 3:
            await writer.drain()
            writer.close()
            raise EOFError


class Endless(TickingServer):
    """Never sends the response."""

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        await asyncio.Event().wait()


class Mute(TickingServer):
    """Not even sends the head."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        await asyncio.Event().wait()


class JsonMode(TickingServer):
    """Answers in one piece."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.result(writer, message, {**RESULT, "content": []})


class Complaining(TickingServer):
    """Answers in one piece that it cannot stream."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        content = [{"type": "text", "text": "Accept is missing"}]
        self.result(writer, message, {**RESULT, "content": content, "isError": True})


class Refusing(TickingServer):
    """Has an error for the call."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        error = {"code": -32602, "message": "Unknown argument"}
        self.whole(writer, 400, {"jsonrpc": "2.0", "id": message["id"], "error": error})


class Impatient(TickingServer):
    """A gateway that does not wait."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.whole(writer, 504)


class Compressing(TickingServer):
    """Compresses for clients that accept it, each event for itself or all together."""

    flush = zlib.Z_SYNC_FLUSH
    always = False

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.packer = zlib.compressobj(wbits=31) if self.always or headers["accept-encoding"] == "gzip" else None
        await super().call(writer, headers, message)

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        super().open(writer, "Content-Encoding: gzip\r\n" if self.packer else "")

    def chunk(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        packed = self.packer.compress(data) + self.packer.flush(self.flush) if self.packer else data
        if packed:
            super().chunk(writer, packed)

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.event(writer, self.response(message))
        if self.packer:
            super().chunk(writer, self.packer.flush())
        writer.write(b"0\r\n\r\n")


class HoldingWhenCompressing(Compressing):
    flush = zlib.Z_NO_FLUSH


class AlwaysCompressing(Compressing):
    always = True


class Slow(TickingServer):
    """A long-running tool that does not say when it sent what."""

    together = False

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.open(writer)
        for number in range(4):
            self.event(writer, note(message["params"]["_meta"]["progressToken"], number))
            await asyncio.sleep(0 if self.together else 0.05)
        await self.finish(writer, message)


class Listless(TickingServer):
    """Does not list its tools."""

    async def answer(self, writer: asyncio.StreamWriter, method: str, headers: dict[str, str], message: Any) -> None:
        if message["method"] == "tools/list":
            error = {"code": -32601, "message": "Method not found"}
            self.whole(writer, 404, {"jsonrpc": "2.0", "id": message["id"], "error": error})
        else:
            await super().answer(writer, method, headers, message)


class Legacy(TickingServer):
    """Knows only the handshake, mints a session, has a stream that it keeps alive."""

    keep_alive = 0.1
    ended = False

    async def answer(self, writer: asyncio.StreamWriter, method: str, headers: dict[str, str], message: Any) -> None:
        if method == "DELETE":
            self.ended = headers["mcp-session-id"] == "one"
            self.whole(writer, 204)
        elif method == "GET":
            await self.listen(writer)
        elif message["method"] not in ("initialize", "server/discover") and headers.get("mcp-session-id") != "one":
            self.whole(writer, 404)
        else:
            await super().answer(writer, method, headers, message)

    def discover(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.whole(writer, 400)

    async def handshake(self, writer: asyncio.StreamWriter, message: Any) -> None:
        if "id" not in message:
            self.whole(writer, 202)
            return
        result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "old", "version": "1"}}
        whole = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        self.whole(writer, 200, whole, "Mcp-Session-Id: one\r\n")

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.open(writer)
        while True:
            await writer.drain()
            await asyncio.sleep(self.keep_alive)
            self.chunk(writer, b": alive\n\n")


class Silencing(TickingServer):
    """Breaks streams on which nothing comes."""

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.open(writer)
        await writer.drain()
        await asyncio.sleep(0.2)
        raise EOFError


class Unlistenable(TickingServer):
    """Has no stream to leave alone."""

    status = 404

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.whole(writer, self.status)


class HoldingIdle(TickingServer):
    """Not even sends the head of a stream that stays open."""

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()


class Babbling(TickingServer):
    """Sends more than was asked for: comments, what is no JSON, somebody else's progress, a question."""

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.chunk(writer, b": comment\n\ndata: {no json\n\ndata: []\n\n")
        self.event(writer, note("somebody else's", 1))
        self.event(writer, {"jsonrpc": "2.0", "id": 1, "method": "ping"})
        self.event(writer, {"jsonrpc": "2.0", "method": "notifications/message", "params": []})
        await super().tick(writer, message)


class Failing(TickingServer):
    """Fails in a stream."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.open(writer)
        result = {**RESULT, "isError": True, "content": [{"type": "text", "text": "Invalid arguments"}]}
        self.event(writer, {"jsonrpc": "2.0", "id": message["id"], "result": result})
        writer.write(b"0\r\n\r\n")


class Resetting(TickingServer):
    """Hangs up instead of an answer."""

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        raise EOFError
