"""What all records that lie open may take together: however many are looked at, memory has one bound."""

from collections.abc import Callable


class Shelf:
    """Counts the bytes of all boards, and takes what is too much from the one that has most.

    Args:
        max_bytes: Of all together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._places: dict[int, Place] = {}

    def place(self, shorten: Callable[[], bool]) -> "Place":
        """Room for one board.

        Args:
            shorten: Takes its oldest event away; false when it has no other left.
        """
        return Place(self, shorten)

    def changed(self, place: "Place", size: int) -> None:
        """A board has taken room, or given it back."""
        self._bytes += size
        place.taken += size
        if place.taken:
            self._places[id(place)] = place
        else:
            self._places.pop(id(place), None)
        while size > 0 and self._bytes > self._max_bytes:
            most = max(self._places.values(), key=lambda each: each.taken)
            if not most.shorten():
                return


class Place:
    """The room of one board.

    Attributes:
        taken: Bytes.
        shorten: Takes its oldest event away.

    Args:
        shelf: Where it is.
        shorten: As above.
    """

    def __init__(self, shelf: Shelf, shorten: Callable[[], bool]) -> None:
        self.taken = 0
        self.shorten = shorten
        self._shelf = shelf

    def take(self, size: int) -> None:
        """An event is kept; this may cost another board, or this one, its oldest."""
        self._shelf.changed(self, size)

    def give(self, size: int) -> None:
        """An event is no longer kept."""
        self._shelf.changed(self, -size)
