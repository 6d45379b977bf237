"""The same requests as bytes on a connection, cut at odd places and damaged, through the engine's protocol."""

import asyncio
import re
from itertools import pairwise
from typing import Any

from fuzz_choices import Choices
from fuzz_exchange import HANG, PATIENCE, TURNS, Finding, Got
from fuzz_requests import BASIC, Sent
from uvicorn.server import ServerState

from mcp_echo_core.heads import TimedConfig, TimedHeads
from pipe import Pipe

DAMAGE = (
    b"",
    b"\r\n",
    b"\n",
    b"\x00",
    b" ",
    b":",
    b"HTTP/1.1",
    b"\xff",
    b"X-A: b\r\n",
    b"0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*")


class Wire:
    """Connections to an application.

    Args:
        app: The application.
    """

    def __init__(self, app: Any) -> None:
        self._config = TimedConfig(
            app, head_timeout=30, ws="none", lifespan="off", proxy_headers=False, server_header=False, log_config=None
        )
        self._config.load()
        self._state = ServerState()

    async def talk(self, sent: Sent, choices: Choices) -> list[Got]:
        """Send a request, perhaps more than once, perhaps damaged; all answers.

        Raises:
            Finding: They are not HTTP/1.1, or the connection goes on after its client left.
        """
        protocol = TimedHeads(self._config, self._state, {}, _loop=asyncio.get_running_loop())
        pipe = Pipe(sent.peer or ("", 0))
        protocol.connection_made(pipe)
        for piece in _cut(_bytes_of(sent, choices), choices):
            if pipe.closed:
                break
            protocol.data_received(piece)
            await asyncio.sleep(0)
        await self._finish(protocol, pipe, at_once=sent.leaves)
        return _answers(bytes(pipe.written), sent.method)

    async def _finish(self, protocol: TimedHeads, pipe: Pipe, *, at_once: bool) -> None:
        for _ in range(1 if at_once else TURNS):
            await asyncio.sleep(0)
            if not self._state.tasks:
                break
        tasks = set(self._state.tasks)
        if tasks and not at_once and b"text/event-stream" not in pipe.written:
            await asyncio.wait(tasks, timeout=PATIENCE)
        protocol.connection_lost(None)
        if tasks := set(self._state.tasks):
            _, pending = await asyncio.wait(tasks, timeout=HANG)
            if pending:
                raise Finding(f"a request is not over {HANG:g} s after its client left")


def _bytes_of(sent: Sent, choices: Choices) -> bytes:
    query = f"?{sent.query}" if sent.query else ""
    target = (sent.path + query).encode("utf-8", "surrogateescape")
    lines = [sent.method.encode() + b" " + target + b" HTTP/1." + choices.pick((b"1", b"0", b"9"))]
    lines += [name + b": " + value for name, value in sent.headers]
    if choices.rarely(3):
        chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in sent.pieces if piece]
        body = b"".join([*chunks, b"0\r\n\r\n"])
        lines.append(b"Transfer-Encoding: chunked")
    else:
        body = sent.body
        lines.append(b"Content-Length: %d" % len(body))
    data = b"\r\n".join([*lines, b"", body])
    if choices.rarely(3):
        place = choices.below(len(data) + 1)
        # A damaged name no longer says that its value is a credential.
        data = re.sub(rb"-c4n4ry|\w{4}-\w{20,}|" + BASIC.encode(), lambda found: b"x" * len(found[0]), data)
        data = data[:place] + choices.pick(DAMAGE) + choices.raw(6) + data[place + choices.below(3) :]
    return data * (3 if choices.rarely(6) else 1)


def _cut(data: bytes, choices: Choices) -> list[bytes]:
    cuts = sorted({choices.below(len(data) + 1) for _ in range(choices.below(5))} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(cuts)]


def _answers(data: bytes, method: str) -> list[Got]:
    """The answers on a connection; the last one may be incomplete."""
    answers = []
    while data:
        head, found, data = data.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        if not found or (matched := _STATUS.fullmatch(status)) is None:
            raise Finding(f"no answer in HTTP/1.1: {head[:300]!r}")
        if (number := int(matched[1])) == 100:
            continue
        fields = [line.partition(b": ") for line in lines]
        got = Got(number, [(name.lower(), value) for name, _, value in fields])
        got.body, data, got.ended = _body(got, data, method)
        answers.append(got)
    return answers


def _body(got: Got, data: bytes, method: str) -> tuple[bytearray, bytes, bool]:
    length = got.header(b"content-length")
    if got.status == 204 or (method == "HEAD" and got.header(b"connection") != b"close"):
        return bytearray(), data, True
    if length is not None:
        return bytearray(data[: int(length)]), data[int(length) :], len(data) >= int(length)
    if got.header(b"transfer-encoding") != b"chunked":
        return bytearray(data), b"", False
    body = bytearray()
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        body += data[:count]
        data = data[count + 2 :]
        if not count:
            return body, data, True
    return body, b"", False
