"""Records in Redis or Valkey, next to the sessions: every instance writes to them, reads them, and hears of the others.

What happens to a record is one script on keys of that record alone. The books of all records, by which one budget of
bytes holds over all instances, follow with the next write: for a moment there may be more than allowed, by what is
written in that moment. Layout in ``docs/stores.md``.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

from mcp_echo_core.recording import journal
from mcp_echo_core.recording.back_end import EVENT_BYTES, NEWS, SETTLE_SECONDS, Kept, decoded
from mcp_echo_core.recording.events import Entry, Record
from mcp_echo_core.recording.journal import record_of
from mcp_echo_core.recording.pending import Batch
from mcp_echo_core.recording.shared_journal import SharedJournal
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.redis import PREFIX
from mcp_echo_core.stores.redis_link import Call, Link, Script
from mcp_echo_core.stores.redis_listener import Channel, Listener
from mcp_echo_core.stores.redis_wire import Server, Word

MAX_CHOSEN = 100
"""Records that give way at once."""

SWEPT = 1000
"""Silent records that one sweep looks at."""

_PLAIN = re.compile(r"[!-z|~]{1,200}")
"""Subjects that can exist: a hash tag ends at the first brace."""

_BOOKS = [f"{PREFIX}{{journal}}:{name}" for name in ("index", "holding", "sizes", "views", "viewed")]
_VIEWS = _BOOKS[3]
_KEY = f"{PREFIX}{{journal}}:key"


def _script(*names: str) -> Script:
    folder = files("mcp_echo_core.recording") / "lua"
    source = b"\n".join((folder / f"{name}.lua").read_bytes() for name in names)
    return Script(source, sha1(source, usedforsecurity=False).hexdigest())


APPEND, READ, CUT, TOUCH, FORGET = (_script("record", name) for name in ("append", "read", "cut", "touch", "forget"))
WEIGH, STRIKE, SHARE = (_script("books", name) for name in ("weigh", "strike", "share"))
SCRIPTS = (APPEND, READ, CUT, TOUCH, FORGET, WEIGH, STRIKE, SHARE)


class RedisRecords:
    """Meets ``back_end.BackEnd``.

    Args:
        url: Which Redis.
        timeout: Seconds after which a session that is silent has ended.
        max_bytes: Of all records.
    """

    def __init__(self, url: str, timeout: float, max_bytes: int) -> None:
        server = Server(url)
        self._listener = Listener(server)
        self._link = Link(server, self._listener.reset)
        self._max_bytes = max_bytes
        self._expiry = int(2000 * timeout) + 60_000
        self._channels: dict[str, Channel] = {}
        self._seen: dict[str, int] = {}
        """Notices of each watched record when it was looked at; -1 if it has to be looked at anyway."""
        self._sizes: dict[str, tuple[Word, Word]] = {}
        """By record: when its last exchange arrived, and its bytes; for the books."""
        self._chosen: dict[str, int] = {}
        """Records that have to give way, and how many bytes they may keep."""

    @property
    def busy(self) -> bool:
        return bool(self._sizes or self._chosen)

    async def open(self) -> Kept:
        loading = [("SCRIPT", "LOAD", each.source) for each in SCRIPTS]
        known = ("ZRANGE", _BOOKS[0], -journal.MAX_RECORDS, -1)
        replies = await self._link.run_all(
            [*loading, ("SET", _KEY, secrets.token_bytes(32), "NX"), ("GET", _KEY), known]
        )
        return Kept(replies[-2], [subject.decode() for subject in replies[-1]])

    async def write(self, batches: Sequence[Batch]) -> None:
        calls = [self._appending(batch) for batch in batches if _PLAIN.fullmatch(batch.subject)]
        calls += [self._giving_way(subject, left) for subject, left in self._chosen.items()]
        weighed = len(calls)
        if self._sizes:
            facts = [word for subject, size in self._sizes.items() for word in (subject, *size)]
            calls.append(Call(WEIGH, _BOOKS, (self._max_bytes, journal.MAX_RECORDS, MAX_CHOSEN, *facts)))
        replies = await self._link.run_all(calls)
        self._sizes = {
            subject: (reply[0], reply[1])
            for subject, reply in zip(map(_subject, calls[:weighed]), replies, strict=False)
            if isinstance(reply, list) and reply[0] is not None
        }
        chosen = replies[weighed] if len(replies) > weighed else ()
        self._chosen = {chosen[i].decode(): int(chosen[i + 1]) for i in range(0, len(chosen), 2)}

    async def read(self, subject: str) -> tuple[Record | None, bool]:
        if _PLAIN.fullmatch(subject) is None:
            return None, False
        reply = await self._link.run(self._reading(subject, 0, journal.MAX_EVENTS))
        if reply is None or reply[0] is None:
            return None, False
        began, sequence, ended_at, ended_reason, waiting = reply[:_HEAD]
        entries = _entries(reply)
        ended = None if ended_at is None else (float(ended_at), ended_reason.decode())
        return record_of(subject, float(began), sequence - len(entries), ended, entries), bool(waiting)

    async def positions(self, subjects: Sequence[str]) -> Mapping[str, int]:
        plain = [subject for subject in subjects if _PLAIN.fullmatch(subject)]
        for subject in plain:
            if subject not in self._channels:
                self._channels[subject] = await self._listener.join(_keys(subject)[0])
                self._seen[subject] = -1
        replies = await self._link.run_all([self._reading(subject, 0, 0) for subject in plain])
        found = {subject: 0 if reply is None else reply[1] for subject, reply in zip(plain, replies, strict=True)}
        return {subject: found.get(subject, 0) for subject in subjects}

    async def news(self, cursors: Mapping[str, int]) -> Mapping[str, Sequence[Entry] | None]:
        notices = {subject: channel.notices for subject, channel in self._channels.items() if subject in cursors}
        changed = [subject for subject, count in notices.items() if count != self._seen[subject]]
        replies = await self._link.run_all([self._reading(subject, cursors[subject], NEWS) for subject in changed])
        found: dict[str, Sequence[Entry] | None] = {}
        for subject, reply in zip(changed, replies, strict=True):
            entries = [] if reply is None else _entries(reply)
            if reply is None or reply[1] < cursors[subject]:
                if cursors[subject]:
                    found[subject] = None
            elif entries:
                found[subject] = entries
            more = reply is not None and (reply[_HEAD - 1] or len(entries) == NEWS)
            self._seen[subject] = -1 if more else notices[subject]
        return found

    def ignore(self, subject: str) -> None:
        channel = self._channels.pop(subject, None)
        if channel is not None:
            del self._seen[subject]
            self._listener.leave(channel)

    async def share(self, subject: str, view_key: str) -> None:
        await self._link.run(Call(SHARE, _BOOKS, (view_key, subject)))

    async def shared(self, view_key: str) -> str | None:
        subject = await self._link.command("HGET", _VIEWS, view_key)
        return None if subject is None else subject.decode()

    async def revoke(self, view_key: str) -> bool:
        return bool(await self._link.command("HDEL", _VIEWS, view_key))

    async def silent(self, before: float) -> Sequence[str]:
        await self._listener.tidy()
        found = await self._link.command("ZRANGEBYSCORE", _BOOKS[0], "-inf", before, "LIMIT", 0, SWEPT)
        return [subject.decode() for subject in found]

    async def touch(self, subjects: Sequence[str]) -> None:
        await self._link.run_all([self._call(TOUCH, subject) for subject in subjects])

    async def forget(self, subjects: Sequence[str], before: float) -> Sequence[str]:
        replies = await self._link.run_all([self._call(FORGET, subject, before) for subject in subjects])
        gone = [subject for subject, was in zip(subjects, replies, strict=True) if was]
        if gone:
            await self._link.run(Call(STRIKE, _BOOKS, gone))
        return gone

    async def close(self) -> None:
        await self._listener.close()
        await self._link.close()

    def _call(self, script: Script, subject: str, *words: Word) -> Call:
        limits = (self._expiry, journal.MAX_EVENTS, self._max_bytes, EVENT_BYTES, int(1000 * SETTLE_SECONDS))
        return Call(script, _keys(subject), (*limits, *words))

    def _appending(self, batch: Batch) -> Call:
        ended: tuple[Word, Word] = ("", "") if batch.ended is None else (batch.ended.at, batch.ended.reason)
        began: Word = "" if batch.began is None else batch.began
        events = [word for event in batch.events for word in event]
        return self._call(APPEND, batch.subject, began, batch.last, batch.lost, *ended, *events)

    def _giving_way(self, subject: str, left: int) -> Call:
        return self._call(FORGET, subject, "1e300") if left < 0 else self._call(CUT, subject, left)

    def _reading(self, subject: str, after: int, count: int) -> Call:
        return self._call(READ, subject, after, count)


def open_journal(settings: Settings) -> SharedJournal:
    """The journal in the Redis of the sessions."""
    return SharedJournal(RedisRecords(settings.session_store, settings.session_timeout, settings.journal_max_bytes))


_HEAD = 5
"""Values before the events in what ``lua/read.lua`` returns."""


def _keys(subject: str) -> Sequence[str]:
    base = f"{PREFIX}{{{subject}}}:"
    return base + "journal", base + "arriving", base + "events"


def _subject(call: Call) -> str:
    return call.keys[0][len(PREFIX) + 1 : call.keys[0].rindex("}")]


def _entries(reply: Sequence[Any]) -> list[Entry]:
    return decoded([(reply[i], reply[i + 1]) for i in range(_HEAD, len(reply), 2)])
