"""Closing a listening socket without losing a connection that somebody has made already.

The kernel completes connections before the server takes them. Those that wait when the socket closes are reset, and
what their clients sent is lost; a gateway must not repeat a POST then, as it may have been done. So the socket first
stops answering new attempts, and is closed when nothing waits any more. An attempt in between is made again by the
client's kernel a second later, and is then refused, which every gateway takes as "ask the next one".
"""

import asyncio
import ctypes
import select
import socket
import struct
import sys

SETTLE_SECONDS = 0.005
"""For connections whose handshake has begun: more than a round trip within a data centre."""

POLL_SECONDS = 0.005
MAX_POLLS = 200
"""How often it is looked whether somebody waits still."""

SO_ATTACH_FILTER = 26
"""Linux, ``asm-generic/socket.h``; Python has no name for it."""

_SYN_OR_ACK = 0x12
_SYN = 0x02
_NO_NEW_CONNECTIONS = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # load the flags of the TCP header (RFC 9293 section 3.1)
        (0x54, 0, 0, _SYN_OR_ACK),
        (0x15, 0, 1, _SYN),  # the first packet of a connection
        (0x06, 0, 0, 0),  # is dropped,
        (0x06, 0, 0, 0xFFFFFFFF),  # any other is not
    )
)
"""A classic BPF program."""


async def empty(listener: socket.socket) -> None:
    """Return when everything that waits on a listening socket is taken, and nothing new arrives.

    Args:
        listener: Served by the running event loop or by other processes; it cannot be used again afterwards.
    """
    _stop_new(listener)
    await asyncio.sleep(SETTLE_SECONDS)
    for _ in range(MAX_POLLS):
        if not _somebody_waits(listener):
            break
        await asyncio.sleep(POLL_SECONDS)


def _stop_new(listener: socket.socket) -> None:
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_NO_NEW_CONNECTIONS)
    count = len(_NO_NEW_CONNECTIONS) // struct.calcsize("HBBI")
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", count, ctypes.addressof(program)))
    except OSError:
        return  # a kernel without filters: what is left is a moment between the last look and the closing


def _somebody_waits(listener: socket.socket) -> bool:
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    return bool(waiting.poll(0))
