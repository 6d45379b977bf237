"""A connection without a socket, for the engine's protocol."""

import asyncio
from typing import Any


class Pipe(asyncio.Transport):
    """A connection whose other end is this process."""

    def __init__(self, peer: Any) -> None:
        super().__init__({"peername": peer, "sockname": ("127.0.0.1", 3000)})
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        if not self.closed:
            self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """What is sent is all that comes."""

    def resume_reading(self) -> None:
        """What is sent is all that comes."""
