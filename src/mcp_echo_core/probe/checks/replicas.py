"""Is there one instance, or do several share their sessions?"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.lost_sessions import IGNORED, ignored_ids
from mcp_echo_core.probe.replicas import CALLS, Replicas, identity, letter, pattern, period, replicas
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import BUSY
from mcp_echo_core.redaction import text as redacted

MAX_SHOWN = 60
"""Characters that are shown of what names an instance."""

FIX = (
    "Let the instances share their sessions, in Redis for example. Or route by session, with a load balancer that"
    " learns who minted it, such as HAProxy: 'stick store-response res.hdr(mcp-session-id)' and 'stick on"
    " req.hdr(mcp-session-id)'. nginx 'hash $http_mcp_session_id consistent' suits only sessions that are shared:"
    " initialize carries no id yet, so that the id leads to another instance than the one that minted it."
)
LOSES = "Clients get 404 for a session that lives: they begin a new one, lose what it held, and soon meet the next 404."
COOKIES = f"{LOSES} Only clients that keep cookies are spared; fetch in Node.js keeps none, and MCP asks for none."
CONNECTIONS = (
    f"{LOSES} It happens whenever a client opens another connection: for a stream, after a pause, in parallel."
)


async def run(survey: Survey) -> Finding:
    """Ask for a session over many connections and see who knows it."""
    if ignored := await ignored_ids(survey):
        return untested(f"{IGNORED}; see session-across-calls", *ignored)
    found = await replicas(survey)
    session = found.session
    if session.refused:
        return untested(session.refused, session.answer, facts={"hindered": session.answer.status in BUSY})
    if session.id is None:
        return noted(
            f"no sessions to lose; {_instances(found)}",
            found.fresh[0],
            details=_details(found),
            consequence="Any instance can answer any call.",
            facts=_facts(found),
        )
    return _judged(found)


def _judged(found: Replicas) -> Finding:
    evidence, facts = _evidence(found), _facts(found)
    hits = pattern(found.fresh)
    match found.routing:
        case "unseen":
            told = f"no call in the session got a verdict: {found.fresh[0].told()}"
            return untested(told, *evidence, facts={**facts, "hindered": True})
        case "lost" if not _led_away(found):
            told = found.fresh[0].told()
            return untested(f"no call in the session was answered with a result: {told}", *evidence, facts=facts)
        case "one" | "shared" | "ended" if found.hindered:
            return _hindered(found)
        case "ended":
            return noted(
                f"the session ended after {hits.count('H')} of {len(hits)} calls ({hits})",
                *evidence,
                details=_details(found),
                consequence="A server may end a session at any time; clients begin a new one.",
                facts=facts,
            )
        case "one" | "shared":
            return _whole(found)
    return failed(
        f"{_routed(found)}: {_missed(found)}",
        *evidence,
        details=_details(found),
        consequence={"sticky-cookie": COOKIES, "sticky-connection": CONNECTIONS}.get(found.routing, LOSES),
        fix=FIX,
        facts=facts,
    )


def _hindered(found: Replicas) -> Finding:
    total = len(found.calls)
    told = "; ".join(f"{times} of {total} calls: {what}" for what, times in found.hindered.items())
    return untested(
        f"no verdict; {told}",
        *_evidence(found),
        details=_details(found),
        consequence="So many of a client's requests get no answer of the server's either; whether the others reach one"
        " instance or several cannot be told.",
        facts={**_facts(found), "hindered": True},
    )


def _whole(found: Replicas) -> Finding:
    evidence, facts, details = _evidence(found), _facts(found), _details(found)
    if found.anything_goes:
        return noted(
            f"cannot be told, any session id is accepted; {_instances(found)}",
            *evidence,
            details=details,
            consequence="Calls succeed on every instance, whether it knows the session or not.",
            facts=facts,
        )
    told = "one instance, or all share their sessions, or it is always the same one for this client"
    if found.routing == "shared":
        told = f"{found.instances} instances that share their sessions"
    aside = "Instances are not told apart if your address is always led to the same one."
    return passed(
        told,
        *evidence,
        details=(*details, *([aside] if found.routing == "one" else [])),
        consequence="Clients may open as many connections as they like.",
        facts=facts,
    )


def _routed(found: Replicas) -> str:
    turns = period(pattern(found.fresh))
    told = {
        "round-robin": f"round robin over {turns} without a shared store",
        "random": "several instances in no order, without a shared store",
        "sticky-connection": "sticky by connection, without a shared store",
        "sticky-cookie": "sticky by cookie, without a shared store",
        "by-session": "led by session id to an instance that need not know it",
        "lost": "initialize is answered by one instance, the calls by another",
    }
    return told[found.routing]


def _missed(found: Replicas) -> str:
    hits = pattern(found.fresh)
    if found.routing == "by-session":
        sessions = hits[0] + pattern(answer for _, answer in found.others)
        return f"{sessions.count('M')} of {len(sessions)} sessions were never found ({sessions})"
    return f"{hits.count('M')} of {len(hits)} calls missed ({hits})"


def _details(found: Replicas) -> tuple[str, ...]:
    patterns = {
        f"{CALLS} calls over a new connection each": found.fresh,
        f"{len(found.kept)} calls over the connection of initialize": found.kept if found.one_connection else (),
        f"{len(found.cookie)} calls over new connections with the cookie": found.cookie,
    }
    told = [f"{what}: {pattern(answers)}." for what, answers in patterns.items() if answers and found.session.id]
    if told:
        told.append("H found the session, M did not, ? got no verdict (429, 5xx or no answer).")
    for name, values in found.seen.items():
        if len(values) > 1:
            told.append(f"{name}: {', '.join(_share(found, name, value) for value in values)}.")
    return tuple(told)


def _share(found: Replicas, name: str, value: str) -> str:
    """What one instance made of the calls."""
    theirs = [letter(answer) for answer in found.fresh if identity(answer).get(name) == value]
    return f"{_shown(name, value)} ({theirs.count('H')} hits, {theirs.count('M')} misses)"


def _shown(name: str, value: str) -> str:
    """A value as it may be shown; of a cookie, which may be a credential, only what tells it from others."""
    if not name.startswith("cookie "):
        return redacted(value)[:MAX_SHOWN]
    return f"value {sha256(value.encode()).hexdigest()[:6]}"


def _instances(found: Replicas) -> str:
    return "nothing tells instances apart" if found.instances == 1 else f"{found.instances} instances were seen"


def _led_away(found: Replicas) -> bool:
    """Whether those who answered the calls are not the one who answered ``initialize``."""
    minted = identity(found.session.answer)
    return any(
        name in minted and minted[name] not in {identity(answer).get(name) for answer in found.fresh}
        for name, values in found.seen.items()
        if len(values) > 1
    )


def _evidence(found: Replicas) -> tuple[Answer, ...]:
    firsts = {letter(answer): answer for answer in reversed(found.calls)}
    return (found.session.answer, *firsts.values())


def _facts(found: Replicas) -> Mapping[str, Any]:
    return {
        "routing": found.routing if found.session.id is not None else "sessionless",
        "fresh": pattern(found.fresh) if found.session.id is not None else "",
        "kept": pattern(found.kept) if found.session.id is not None else "",
        "cookie": pattern(found.cookie),
        "sessions": pattern(answer for _, answer in found.others),
        "instances": {
            name: {_shown(name, value): count for value, count in values.items()} for name, values in found.seen.items()
        },
    }


CHECK = Check(
    id="replicas",
    question="Is there one instance, or do several share their sessions?",
    level="should",
    weighs=True,
    spec=("2025-11-25 basic/transports, Session Management 3",),
    run=run,
)
