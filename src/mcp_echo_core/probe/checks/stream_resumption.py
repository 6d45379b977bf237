"""Can a stream that was cut be continued without loss and without repetition?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.resumption import (
    Cut,
    clash,
    cut_and_resume,
    place_before_response,
    responses,
    resume,
)
from mcp_echo_core.probe.streams import TRANSPORT, Watched, last_id, streams, watched
from mcp_echo_core.probe.survey import Session, Survey

NO_IDS = "Nothing can be continued: what the server sends while the connection is down may be lost."


async def run(survey: Survey) -> Finding:
    """Cut a stream of messages; where none can be caused, the stream of a response, or one that is quiet."""
    found = await watched(survey)
    if found.answer is None or found.missing:
        return untested(found.missing or "", found.answer or found.session.answer)
    session = await survey.begin("a session whose stream is cut")
    if session.refused:
        return untested(session.refused, session.answer)
    if "echo" in await survey.tools():
        cut = await cut_and_resume(survey, session)
        if (fault := _fault(cut)) is not None:
            return fault
        if cut.noticed:
            return _continued(cut)
    return await _response(survey, session) or await _quiet(survey, session, found)


def _fault(cut: Cut) -> Finding | None:
    if responses(cut.first):
        return failed(
            "NO: answers to POST are copied to the GET stream",
            *cut.answers,
            details=("A response must not be sent on a GET stream unless that continues the stream it belongs to.",),
            consequence="Clients get the same answer twice and take the second for one they never asked for.",
            fix="Send each response on its own POST only.",
        )
    if (event_id := clash(cut.answers)) is not None:
        return failed(
            f"NO: different messages have the same id {event_id}",
            *cut.answers,
            details=("An event's id must be unique across all streams of a session.",),
            consequence="A client that comes back with this id gets what it has seen, or misses what it has not.",
            fix="Put the stream into the id, for example <stream>-<number>.",
        )
    return None


def _continued(cut: Cut) -> Finding:
    resumed = cut.resumed
    if resumed is None:
        return noted("NO: events carry no id", *cut.answers, consequence=NO_IDS, facts={"ids": False})
    facts = {"ids": True, "status": resumed.status}
    if not streams(resumed):
        return noted(
            f"NO: GET with Last-Event-ID was answered {resumed.told()}", *cut.answers, consequence=NO_IDS, facts=facts
        )
    facts |= {"delivered": cut.delivered, "repeated": cut.repeated}
    if responses(resumed):
        return failed(
            "NO: what belongs to another stream is sent on the continued one",
            *cut.answers,
            details=("The answer to a POST came again on the GET stream; a server must replay that stream only.",),
            consequence="Clients get the same answer twice and take the second for one they never asked for.",
            fix="Keep events per stream, and replay only those of the stream that Last-Event-ID names.",
            facts=facts,
        )
    if cut.repeated:
        return failed(
            f"NO: a message that had come came again ({cut.repeated})",
            *cut.answers,
            details=("Only what follows the event that Last-Event-ID names may be sent, each message once.",),
            consequence="Clients act on the same notification or request twice.",
            fix="Replay strictly after the event that Last-Event-ID names.",
            facts=facts,
        )
    if not cut.delivered:
        return noted(
            "NO: the message that was missed is lost",
            *cut.answers,
            details=("The server gives ids and accepts Last-Event-ID; it need not replay, but then the ids mislead.",),
            consequence="Clients rely on the ids and do not notice that something is missing.",
            fix="Keep events until they have been replayed, or give no ids.",
            facts=facts,
        )
    return passed("YES: what was missed came exactly once", *cut.answers, facts=facts)


async def _response(survey: Survey, session: Session) -> Finding | None:
    """Ask for a response again whose stream has ids; ``None`` if there is no such stream."""
    answer = await survey.ask(session, "tools/list", purpose="does the stream of a response have ids?")
    place = place_before_response(answer)
    if place is None or answer.message is None:
        return None
    other = await survey.ask(session, "ping", purpose="a response on another stream")
    resumed = await resume(survey, session, place, until='"result"')
    facts = {"ids": True, "status": resumed.status}
    if not streams(resumed):
        return _refused(resumed, answer)
    others = [each for each in responses(resumed) if each.get("id") != answer.message.get("id")]
    if others:
        return failed(
            "NO: what belongs to another stream is sent on the continued one",
            answer,
            other,
            resumed,
            details=("An answer to another request came; a server must replay only the stream that is continued.",),
            consequence="Clients get answers twice, or to requests they never made.",
            fix="Keep events per stream, and replay only those of the stream that Last-Event-ID names.",
            facts=facts,
        )
    told = "YES: a response can be fetched again" if responses(resumed) else "NO: accepted, but nothing came again"
    return noted(
        told,
        answer,
        resumed,
        details=("Seen with the stream of a response; no message could be caused on a GET stream.",),
        consequence="A client whose connection breaks fetches the answer with Last-Event-ID."
        if responses(resumed)
        else NO_IDS,
        facts=facts,
    )


async def _quiet(survey: Survey, session: Session, found: Watched) -> Finding:
    events = tuple(event for _, event in found.events)
    place = last_id(events)
    seen = found.answer or session.answer
    if place is None:
        return noted("NO: no event carried an id", seen, consequence=NO_IDS, facts={"ids": False})
    resumed = await resume(survey, found.session, place)
    if not streams(resumed):
        return _refused(resumed, seen)
    return noted(
        "PERHAPS: GET with Last-Event-ID is accepted",
        seen,
        resumed,
        details=("No message could be caused while the stream was cut, so that nothing shows whether it is replayed.",),
        consequence="Clients come back with the id and expect what they missed.",
        facts={"ids": True, "status": resumed.status},
    )


def _refused(resumed: Answer, seen: Answer) -> Finding:
    return noted(
        f"NO: GET with Last-Event-ID was answered {resumed.told()}",
        seen,
        resumed,
        consequence=NO_IDS,
        facts={"ids": True, "status": resumed.status},
    )


CHECK = Check(
    id="stream-resumption",
    question="Can a stream that was cut be continued?",
    level="must",
    spec=(f"{TRANSPORT}, Resumability and Redelivery", f"{TRANSPORT}, Listening for Messages from the Server 4"),
    run=run,
    in_session=True,
)
