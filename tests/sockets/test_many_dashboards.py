"""Many open dashboards on one busy session: the endpoint loses nothing, and nobody who reads misses anything."""

import asyncio
import json
from pathlib import Path

from live import MESSAGE_HEADERS, WAIT, Live, serving

VIEWERS = 50
ECHOES = 400
PER_SECOND = 200
INTRODUCTION = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "busy", "version": "1"}}


def message(method: str, request_id: int, params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


async def watch(live: Live, session: str, ready: asyncio.Semaphore) -> set[int]:
    """The ids of the echoes that one page hears of, until it has heard of all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port, limit=1 << 20)
    writer.write(f"GET /dashboard/{session}/events HTTP/1.1\r\nHost: 127.0.0.1:{live.port}\r\n\r\n".encode())
    heard: set[int] = set()
    try:
        while len(heard) < ECHOES:
            line = await reader.readline()
            assert line, "the feed ended"
            assert b"too-slow" not in line
            if line.startswith(b"event: state"):
                ready.release()
            if line.startswith(b'data: {"sequence"') and (summary := json.loads(line[6:]))["name"] == "echo":
                heard.add(summary["id"])
    finally:
        writer.close()
    return heard


async def echo(live: Live, session: str) -> list[str]:
    """What a client is answered that calls at a steady pace over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    loop, texts = asyncio.get_running_loop(), []
    begun = loop.time()
    for number in range(ECHOES):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - loop.time()))
        call = message("tools/call", number, {"name": "echo", "arguments": {"message": f"echo {number}"}})
        body = json.dumps(call).encode()
        fields = {**MESSAGE_HEADERS, "host": "localhost", "mcp-session-id": session, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body)
        answered = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answered.split("content-length: ")[1].split("\r\n")[0])
        result = json.loads(await reader.readexactly(length))
        assert result["id"] == number
        texts.append(result["result"]["structuredContent"]["message"])
    writer.close()
    return texts


async def test_fifty_open_dashboards_cost_a_busy_session_nothing(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as live:
        session = live.post(message("initialize", -1, INTRODUCTION)).headers["mcp-session-id"]
        ready = asyncio.Semaphore(0)
        viewers = [asyncio.create_task(watch(live, session, ready)) for _ in range(VIEWERS)]
        async with asyncio.timeout(WAIT * 2):
            for _ in range(VIEWERS):
                await ready.acquire()
        async with asyncio.timeout(WAIT * 4):
            assert await echo(live, session) == [f"echo {number}" for number in range(ECHOES)]
            assert await asyncio.gather(*viewers) == [set(range(ECHOES))] * VIEWERS
