"""How header names were written, which only the engine sees; and that its protocol still does what it did with them."""

import json
import socket
from typing import Any

from live import Live, until

CALL = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"printHeader"}}'
Lines = list[tuple[bytes, bytes]]

ODD = [(b"X-oDD", b"1"), (b"x-Odd", b"2"), (b"X-LONG", b"a" * 8000), (b"X-oDD", b"3")]
OTHER = [(b"x-odd", b"4"), (b"X-UPPER", b"5")]
"""Two requests; what is sent with each comes first in its answer."""


def head(lines: Lines, body: bytes) -> bytes:
    """A request head with these lines first."""
    rest = [
        (b"HOST", b"localhost"),
        (b"content-type", b"application/json"),
        (b"Accept", b"application/json"),
        (b"Mcp-protocol-VERSION", b"2025-11-25"),
        (b"Content-LENGTH", b"%d" % len(body)),
    ]
    return b"POST /mcp HTTP/1.1\r\n" + b"".join(b"%s: %s\r\n" % line for line in [*lines, *rest]) + b"\r\n"


def request(number: int, lines: Lines) -> bytes:
    """A call of printHeader."""
    body = CALL % number
    return head(lines, body) + body


def answers(plain: socket.socket, count: int) -> list[Any]:
    """The next answers of a connection, each as JSON."""
    received = b""
    found: list[Any] = []

    def complete() -> bool:
        nonlocal received
        received += plain.recv(65_536)
        while b"\r\n\r\n" in received:
            start, _, rest = received.partition(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in start.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            if len(rest) < length:
                break
            assert start.startswith(b"HTTP/1.1 200 "), start
            found.append(json.loads(rest[:length]))
            received = rest[length:]
        return len(found) >= count

    until(complete, f"{count} answers")
    return found


def seen(answer: Any) -> list[tuple[str, str, int]]:
    """Name, spelling and length of the fields that begin with x-."""
    fields = answer["result"]["structuredContent"]["headers"]
    assert all(field["spelling"].lower() == field["name"] for field in fields)
    assert {"HOST", "Mcp-protocol-VERSION", "Content-LENGTH"} <= {field["spelling"] for field in fields}
    return [(field["name"], field["spelling"], field["length"]) for field in fields if field["name"].startswith("x-")]


def expected(lines: Lines) -> list[tuple[str, str, int]]:
    return [(name.lower().decode(), name.decode(), len(value)) for name, value in lines]


def test_each_request_of_a_connection_has_its_own_spellings(live: Live) -> None:
    with live.plain() as plain:
        for number, lines in enumerate((ODD, OTHER, ODD), 1):
            plain.sendall(request(number, lines))
            (answer,) = answers(plain, 1)
            assert (answer["id"], seen(answer)) == (number, expected(lines))


def test_so_has_each_of_several_that_are_sent_at_once(live: Live) -> None:
    with live.plain() as plain:
        plain.sendall(request(1, ODD) + request(2, OTHER) + request(3, []))
        for answer, lines in zip(answers(plain, 3), (ODD, OTHER, []), strict=True):
            assert seen(answer) == expected(lines)


def test_a_client_that_expects_100_is_told_to_continue(live: Live) -> None:
    body = CALL % 1
    with live.plain() as plain:
        plain.sendall(head([(b"EXPECT", b"100-Continue")], body))
        assert plain.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plain.sendall(body)
        assert answers(plain, 1)[0]["id"] == 1
