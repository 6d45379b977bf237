"""View keys: showing a record to others without giving them the id that would let them use the session."""

from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response

from mcp_echo_core.dashboard.access import problem
from mcp_echo_core.dashboard.desk import Desk
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.dashboard.subjects import USABLE_KEY, Subject
from mcp_echo_core.recording.journal import MAX_RECORDS, Journal

MAX_KEYS = 50
"""View keys of one record."""


class Shares:
    """Makes view keys and takes them back.

    Args:
        journal: Keeps them.
        desk: Where those who view have their records open.
    """

    def __init__(self, journal: Journal, desk: Desk) -> None:
        self._journal = journal
        self._desk = desk
        self._made: OrderedDict[str, set[str]] = OrderedDict()

    async def make(self, _: Request, subject: Subject) -> Response:
        """A new view key."""
        # What lies open already is not read once more; only what another process has just recorded is missing there.
        board = await self._desk.board(subject)
        if not board.found and not (await self._desk.board(subject, whole=True)).found:
            return problem(409, "Nothing is recorded yet", "Share it after the first request.")
        keys = self._made.setdefault(subject.key, set())
        self._made.move_to_end(subject.key)
        if len(self._made) > MAX_RECORDS:
            self._made.popitem(last=False)
        if len(keys) >= MAX_KEYS:
            keys.intersection_update([key for key in keys if await self._journal.shared(key) == subject.key])
        if len(keys) >= MAX_KEYS:
            return problem(429, f"There are {MAX_KEYS} view keys already", "Revoke one.")
        key = await self._journal.share(subject.key)
        keys.add(key)
        told = {"key": key, "url": f"/dashboard/view/{key}"}
        return Response(as_json(told), 201, media_type="application/json")

    async def revoke(self, request: Request, subject: Subject) -> Response:
        """Take a view key back; only one of this record."""
        key = request.path_params["key"]
        if USABLE_KEY.fullmatch(key) is None or await self._journal.shared(key) != subject.key:
            return problem(404, "There is no such view key")
        await self._journal.revoke(key)
        self._made.get(subject.key, set()).discard(key)
        self._desk.revoke(subject.key, key)
        return Response(status_code=204)
