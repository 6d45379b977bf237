"""Decisions read from bytes: a fuzzer mutates decisions, so that nearly every input is a whole exchange."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads decisions; when the bytes are used up, every further decision is the first one possible.

    Args:
        data: Any bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def over(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._data)

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit`` - 1."""
        width = 1 if limit <= 256 else 2
        part = self._data[self._at : self._at + width]
        self._at += width
        return int.from_bytes(part, "little") % limit

    def pick(self, options: Sequence[T]) -> T:
        """One of several; the first one should be the plain one."""
        return options[self.below(len(options))]

    def rarely(self, one_in: int) -> bool:
        """Whether to do something unusual."""
        return self.below(one_in) == one_in - 1

    def raw(self, most: int) -> bytes:
        """Some bytes as they are."""
        length = self.below(most + 1)
        part = self._data[self._at : self._at + length]
        self._at += length
        return part

    def text(self, most: int) -> str:
        """Some text."""
        return self.raw(most).decode("utf-8", "replace")
