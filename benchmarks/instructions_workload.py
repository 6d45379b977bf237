"""What callgrind counts: a bounded number of echo requests to the applications themselves, in this one process.

No network and no engine: what uvicorn and the kernel do is not ours to guard, and would make the counts depend on
timing. Each subject runs in a fork of its own, so that what it costs does not depend on which others ran before it.
The clock stands still: nothing that happens once a second happens here, and every recorded exchange is within the rate.
"""

import asyncio
import dataclasses
import gc
import itertools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import bare_asgi
import uvloop
from instructions_figures import REFERENCE
from subjects import CEILING, COUNTER, OURS, STATEFUL, Subject

from mcp_echo_core.app import create_app
from mcp_echo_core.runtime import Clock
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS

WARM_UP, MEASURED = 64, 160
"""Requests before and while instructions are counted; both go through all sessions several times."""

PORT = 3000
FIRST = 100_000_000
"""Number of the first request; nine digits, as Content-Length counts them."""

REFERENCE_ROUNDS = 500

FLOODED = "stateful-flooded"
"""The stateful server once so many exchanges are taken down that it takes no more: what full load measures."""


# Implemented in C, as the real clocks are, so that reading it costs about as much.
STILL = Clock(wall=itertools.repeat(1_800_000_000.0).__next__, monotonic=itertools.repeat(1_000.0).__next__)
Request = tuple[dict[str, Any], bytes]
"""Connection scope and body."""


def mark() -> None:
    """Here callgrind writes what it has counted and begins again: a call that nothing else makes."""
    os.getpriority(os.PRIO_PROCESS, 0)


def application(subject: Subject) -> Any:
    """The application of a subject, as its own command would build it."""
    if subject is CEILING:
        return bare_asgi.app
    variant = subject.name.partition("-")[0]
    environment = {name: value.format(port=PORT) for name, value in subject.environment.items()}
    return create_app(VARIANTS[variant], Settings.from_env(environment, variant), environ=environment, clock=STILL)


def request(subject: Subject, body: str, head: Mapping[str, str], number: int) -> Request:
    """A POST as its bytes on the wire would arrive: every header is an object of its own, as if parsed just now."""
    wire = subject.on_the_wire(PORT, body, head).replace(COUNTER.encode(), b"%d" % number)
    first, _, content = wire.partition(b"\r\n\r\n")
    line, *fields = first.split(b"\r\n")
    method, path, _ = line.split(b" ")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "headers": [(name.lower(), value.strip()) for name, _, value in (field.partition(b":") for field in fields)],
        "state": {},
        "method": method.decode(),
        "path": path.decode(),
        "raw_path": path,
        "query_string": b"",
    }
    return scope, content


def echo(subject: Subject, sessions: Sequence[str], number: int) -> Request:
    """A measured request; the sessions take turns."""
    session = sessions[number % len(sessions)] if sessions else None
    return request(subject, subject.body(session), subject.head(session), number)


class Conversation:
    """One client of one application.

    Attributes:
        answers: Status, headers and body of each answer.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.answers: list[tuple[int, Sequence[tuple[bytes, bytes]], bytes]] = []

    async def ask(self, scope: dict[str, Any], body: bytes) -> None:
        """One request, which the application has whole when it asks for it."""
        start: dict[str, Any] = {}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                self.answers.append((start["status"], start["headers"], message["body"]))

        await self._app(scope, receive, send)

    async def send_all(self, requests: Sequence[Request]) -> None:
        """Requests one after the other; what the application has put off gets its turn now and then."""
        for number, (scope, body) in enumerate(requests):
            await self.ask(scope, body)
            if number % 32 == 0:
                await asyncio.sleep(0)

    async def open_sessions(self, subject: Subject) -> list[str]:
        """Make the sessions of a subject; their ids."""
        hello = request(subject, subject.hello(), subject.head(), FIRST)
        ids = []
        for _ in range(subject.sessions):
            await self.ask(*hello)
            status, headers, body = self.answers.pop()
            if status != 200:
                raise RuntimeError(f"{subject.name}: the first request got {status}: {body[:300]!r}")
            made = json.loads(body)["result"].get("structuredContent", {}).get("session")
            ids.append(made or dict(headers)[b"mcp-session-id"].decode())
        return ids


def check(subject: Subject, conversation: Conversation, numbers: range) -> None:
    """Every answer is the echo of its own request, or the count is worth nothing.

    Raises:
        RuntimeError: One is not.
    """
    if len(conversation.answers) != len(numbers):
        raise RuntimeError(f"{subject.name}: {len(conversation.answers)} answers to {len(numbers)} requests")
    for number, (status, _, body) in zip(numbers, conversation.answers, strict=True):
        wrong = b'"id":%d' % number not in body or b"message %d" % number not in body
        if status != 200 or (subject.echoes and wrong):
            raise RuntimeError(f"{subject.name}: request {number} got {status}: {body[:300]!r}")


async def serve(subject: Subject) -> None:
    """Everything about one subject; what is between the two marks is the figure."""
    app = application(subject)
    if subject is not CEILING:
        await app.runtime.sessions.open()
    conversation = Conversation(app)
    sessions = await conversation.open_sessions(subject)
    numbers = range(FIRST, FIRST + WARM_UP + MEASURED)
    requests = [echo(subject, sessions, number) for number in numbers]
    await conversation.send_all(requests[:WARM_UP])
    if subject.name == FLOODED:
        for session in sessions:
            while app.runtime.journal.admits(session, STILL.wall()):
                pass
    # As the server does when it is built: what exists now lives as long as the process.
    gc.collect()
    gc.freeze()
    mark()
    await conversation.send_all(requests[WARM_UP:])
    mark()
    check(subject, conversation, numbers)


class _Counter:
    """Something with an attribute and a method, for the reference."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def count(self, name: str) -> int:
        self.seen[name] = self.seen.get(name, 0) + 1
        return self.seen[name]


def reference(rounds: int) -> None:
    """Work that never changes, of the kind a request consists of: it tells builds of Python apart."""
    counter = _Counter()
    text = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"a"}}}'
    for number in range(rounds):
        name = f"name {number % 31}"
        fields = [(key.lower(), value) for key, value in ((name.encode(), b"x"), (b"Accept", b"y"))]
        if dict(fields).get(b"accept") == b"y" and counter.count(name) > 0:
            json.loads(text)["params"]["arguments"].update(number=number)


def measure_reference() -> None:
    """Count the reference instead of an application."""
    reference(WARM_UP)
    mark()
    reference(REFERENCE_ROUNDS)
    mark()


def main(names: Sequence[str]) -> int:
    """Run each named subject in a fork and print which process it was: one ``name pid`` per line."""
    subjects = {subject.name: subject for subject in (*OURS, dataclasses.replace(STATEFUL, name=FLOODED))}
    for name in names:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            if name == REFERENCE:
                measure_reference()
            else:
                uvloop.run(serve(subjects[name]))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status:
            return 1
        print(name, pid)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
