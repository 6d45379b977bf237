"""The exchange: which requests are sent, in which order, and what of the answers is kept.

First the smallest request, in the modern era and, where that is refused, in the older one: it shows whether one of our
servers is there at all. Then everything at once; where a gateway refuses that, what it refuses is found and left out.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from mcp_echo_core import redaction, text
from mcp_echo_core.client.answers import SESSION_HEADER, Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.urls import origin_of
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS
from mcp_echo_core.gateway_diff import obstacles
from mcp_echo_core.gateway_diff.compare import Field
from mcp_echo_core.gateway_diff.known import SUSPECTS, Run

CALL = {"name": "printHeader", "arguments": {}}
ROUTING = (("Mcp-Method", "tools/call"), ("Mcp-Name", "printHeader"))
"""What a request of the older era carries, too, where the modern one was refused: so it is seen what becomes of it."""

SESSION_SHOWN = 8
"""Characters of a session id that are compared: the server with sessions tells no more of it."""

Headers = Sequence[tuple[str, str]]
Kind = Literal["json", "stream", "page", "initialize"]


class Asked(Struct, frozen=True):
    """A request and what came of it.

    Attributes:
        sent: Its header fields as they went out.
        answer: What came back.
    """

    sent: Headers
    answer: Answer

    @property
    def arrived(self) -> list[Field] | None:
        """The fields that printHeader saw; ``None`` when the answer is none of printHeader's."""
        content = (self.answer.result or {}).get("structuredContent")
        headers = content.get("headers") if isinstance(content, dict) else None
        if not isinstance(headers, list) or not headers or not all(map(_is_field, headers)):
            return None
        return [
            Field(each.get("spelling"), each["name"], _cut(each["name"], each["value"]), each.get("length"))
            for each in headers
        ]

    @property
    def fields(self) -> list[Field]:
        """The sent fields as printHeader would show them."""
        return [
            Field(name, name.lower(), _cut(name.lower(), shown(name, value)), len(value.encode("latin-1")))
            for name, value in self.sent
        ]


class Refused(Struct, frozen=True):
    """A field for which a gateway refuses the request; ``answer`` is what it said."""

    name: str
    value: str
    answer: Answer


class Observation(Struct, kw_only=True):
    """What was seen.

    Attributes:
        url: Of the endpoint, after a redirect that was followed.
        run: Id of the run.
        obstacle: Why the request could not be looked at; ``None`` when it could.
        redirects: Answers that lead elsewhere.
        modern: What the smallest modern request was answered.
        begun: What ``initialize`` was answered.
        whole: The requests with everything, one for each era.
        refused: What a gateway does not let through.
        answers: Answers whose head is looked at.
        server: How the server introduces itself in the older era.
        session: The session that it gave.
    """

    url: str
    run: str
    obstacle: str | None = None
    redirects: list[Answer] = []
    modern: Answer | None = None
    begun: Answer | None = None
    whole: list[Asked] = []
    refused: list[Refused] = []
    answers: list[tuple[Kind, Answer]] = []
    server: str = ""
    session: str | None = None


Call = Callable[[str, Headers], Awaitable[Asked]]
"""Calls printHeader with more headers, for a purpose."""


class Asker:
    """Asks one server.

    Args:
        wire: Where the requests go.
        url: The endpoint.
        headers: What every request carries; a known field of the same name is not sent then.
        run: What makes this run its own.
    """

    def __init__(self, wire: Wire, url: str, headers: Headers, run: Run) -> None:
        self._wire = wire
        self._headers = headers
        self._requests = Requests(url, headers)
        self._version = HANDSHAKE_VERSIONS[0]
        theirs = {name.lower() for name, _ in headers}
        self._extra = [(name, value) for name, value in run.fields() if name.lower() not in theirs]
        self.seen = Observation(url=url, run=run.run)

    async def observe(self) -> Observation:
        """Ask everything; what stands in the way is part of what was seen."""
        seen = self.seen
        first = await self._first()
        if seen.obstacle is None:
            modern = first.arrived is not None
            legacy = await self._begin()
            if modern:
                await self._everything(self._modern, self._extra)
            if legacy and seen.obstacle is None:
                gone = {refused.name.lower() for refused in seen.refused}
                extra = [(name, value) for name, value in self._extra if name.lower() not in gone]
                await self._everything(self._legacy, extra if modern else [*ROUTING, *extra])
            elif not modern:
                seen.obstacle = obstacles.problem(first.answer)
            if seen.obstacle is None:
                await self._other_answers(self._modern if modern else self._legacy)
        if seen.session is not None:
            await self._send(self._requests.bare("DELETE", purpose="end the session", session=seen.session))
        return seen

    async def _first(self) -> Asked:
        asked = await self._modern("is one of our servers there?", ())
        if obstacles.is_redirect(asked.answer):
            self.seen.redirects.append(asked.answer)
            target = obstacles.target(self.seen.url, asked.answer)
            if target is None:
                self.seen.obstacle = "a redirect to somewhere else is not followed; ask that URL itself"
                return asked
            self.seen.url = target
            self._requests = Requests(target, self._headers)
            asked = await self._modern("the same there", ())
        self.seen.modern = asked.answer
        if asked.answer.message is None:
            self.seen.obstacle = obstacles.problem(asked.answer)
        else:
            self.seen.answers.append(("json", asked.answer))
        return asked

    async def _begin(self) -> bool:
        """Begin a session as the older era does."""
        answer = (await self._send(self._requests.initialize(purpose="begin a session"))).answer
        self.seen.begun = answer
        if answer.result is None:
            return False
        self.seen.answers.append(("initialize", answer))
        info, version = answer.result.get("serverInfo"), answer.result.get("protocolVersion")
        self.seen.server = str(info.get("name", "")) if isinstance(info, dict) else ""
        self.seen.session = answer.session
        self._version = version if version in ALL_VERSIONS else self._version
        purpose = "begin a session"
        await self._send(self._requests.initialized(purpose=purpose, session=answer.session, version=self._version))
        return True

    async def _everything(self, call: Call, extra: Headers) -> None:
        """Send all fields; where that is refused, find those that are the reason."""
        asked = await call("everything at once", extra)
        if asked.arrived is None:
            plain = await call("nothing else", ())
            if plain.arrived is None:
                self.seen.obstacle = obstacles.problem(plain.answer)
                return
            asked = await self._without_the_refused(call, extra, asked.answer)
            if asked.arrived is None:
                self.seen.obstacle = f"the same request is answered now this way, now that: {asked.answer.told()}"
                return
        self.seen.whole.append(asked)
        self.seen.answers.append(("json", asked.answer))

    async def _without_the_refused(self, call: Call, extra: Headers, refusal: Answer) -> Asked:
        """Leave out one field after the other until it passes, then bring back those that were not the reason."""
        names = [name for name in SUSPECTS if any(name == each for each, _ in extra)]
        names += [name for name in dict.fromkeys(name for name, _ in extra) if name not in names]
        out: list[str] = []
        reasons: dict[str, Answer] = {}
        for name in names:
            out.append(name)
            asked = await call(f"without {', '.join(out)}", _without(extra, out))
            if asked.arrived is not None:
                reasons[name] = refusal
                break
            refusal = asked.answer
        else:
            return asked
        for name in out[:-1]:
            less = [each for each in out if each != name]
            tried = await call(f"with {name} again", _without(extra, less))
            if tried.arrived is not None:
                out, asked = less, tried
            else:
                reasons[name] = tried.answer
        values = dict(extra)
        self.seen.refused += [Refused(name, values[name], answer) for name, answer in reasons.items()]
        return asked

    async def _other_answers(self, call: Call) -> None:
        """The same answer as a page of the server's own origin gets it, and as an event stream."""
        others: list[tuple[Kind, str, str]] = [
            ("page", "Origin", origin_of(self.seen.url)),
            ("stream", "Accept", "text/event-stream"),
        ]
        for kind, name, value in others:
            asked = await call(f"with {name}: {value}", ((name, value), ("Accept-Encoding", "gzip")))
            if (name.lower(), value) in [(field.key, field.value) for field in asked.arrived or []]:
                self.seen.answers.append((kind, asked.answer))
            elif asked.answer.message is None:
                self.seen.refused.append(Refused(name, value, asked.answer))

    async def _modern(self, purpose: str, extra: Headers) -> Asked:
        return await self._ask(self._requests.modern("tools/call", CALL, purpose=purpose), extra)

    async def _legacy(self, purpose: str, extra: Headers) -> Asked:
        session, version = self.seen.session, self._version
        request = self._requests.legacy("tools/call", CALL, purpose=purpose, session=session, version=version)
        return await self._ask(request, extra)

    async def _ask(self, request: Outgoing, extra: Headers) -> Asked:
        names = {name.lower() for name, _ in extra}
        kept = [(name, value) for name, value in request.headers if name.lower() not in names]
        return await self._send(replace(request, headers=[*kept, *extra]))

    async def _send(self, request: Outgoing) -> Asked:
        async with self._wire.open(request) as incoming:
            await incoming.response()
        return Asked(incoming.sent, self._wire.answer(incoming))


def shown(name: str, value: str) -> str:
    """A header's value as printHeader shows it."""
    return text.line(redaction.header(name, value))


def _cut(key: str, value: str) -> str:
    return f"{value[:SESSION_SHOWN]}..." if key == SESSION_HEADER else value


def _without(extra: Headers, names: Sequence[str]) -> Headers:
    return [(name, value) for name, value in extra if name not in names]


def _is_field(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
