"""The diagnostic toolset: the variant's tools, its own state as resources, and a prompt that walks through them."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from mcp_echo_core import __version__, redaction
from mcp_echo_core.call import Call
from mcp_echo_core.catalog import Catalog, Prompt, PromptArgument, Resource
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.errors import ResourceNotFound
from mcp_echo_core.messages import encode
from mcp_echo_core.pace import Pace, beside
from mcp_echo_core.recording.events import Record
from mcp_echo_core.recording.recorder import BIN, bin_subject
from mcp_echo_core.settings import TABLE, Settings
from mcp_echo_core.tools import tools_for
from mcp_echo_core.tools.base import SESSION_URI
from mcp_echo_core.variants import Variant

REPORT_URI = "echo://session/report"

MAX_PACES = 1000
"""Records whose last report is remembered, so that nobody asks for one without a pause."""


class Symptom(Struct, frozen=True):
    """Something that goes wrong, the tools that show why, and what to look at."""

    name: str
    tools: tuple[str, ...]
    advice: str


SYMPTOMS = (
    Symptom("a header is missing", ("printHeader",), "Compare the headers that arrived with those the client sends."),
    Symptom("the token is refused", ("bearerDecode",), "Look at issuer, audience and expiry."),
    Symptom("the user is not recognised", ("authContext",), "Look at what the gateway passes on about the user."),
    Symptom(
        "the session is lost",
        ("echo", "replayLastEcho"),
        "The text comes back if the session survives. "
        "In revision 2026-07-28, pass on the session handle that echo returns.",
    ),
    Symptom("the browser is blocked", ("corsAnalysis",), "Compare the page's origin with what is allowed."),
    Symptom("it is slow", ("requestTiming",), "Compare the processing time with the time the client measured."),
    Symptom("the server is unwell", ("healthProbe",), "Look at the parts that are not healthy."),
)


def _symptoms(variant: Variant) -> list[Symptom]:
    """The symptoms that a variant's tools can explain."""
    offered = {tool.name for tool in variant.tools}
    return [symptom for symptom in SYMPTOMS if offered.issuperset(symptom.tools)]


async def _health(call: Call) -> str:
    runtime = call.runtime
    statistics = await runtime.sessions.statistics(runtime.clock.wall())
    return encode(
        {
            "status": "healthy",
            "variant": runtime.variant.name,
            "version": __version__,
            "instance": runtime.instance,
            "uptimeSeconds": round(runtime.clock.wall() - runtime.started_at, 3),
            "requests": runtime.metrics.requests,
            "sessions": statistics,
        }
    ).decode()


async def _configuration(call: Call) -> str:
    values = msgspec.to_builtins(call.runtime.settings)
    shown = {setting.variables[0]: _shown(setting.variables[0], values[setting.field]) for setting in TABLE}
    return encode(shown).decode()


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return redaction.variable(name, value)
    return [redaction.text(part) for part in value] if isinstance(value, list | tuple) else value


async def _session(call: Call) -> str:
    if call.session is None:
        raise ResourceNotFound(
            "This request belongs to no session",
            seen=SESSION_URI,
            rule="echo://session/current is the session of the request that reads it",
            spec="server/resources, Error Handling",
            fix="Read it with the Mcp-Session-Id that initialize returned.",
            extra={"uri": SESSION_URI},
        )
    return encode(call.session).decode()


class ReportReader:
    """Reads the client report of the connection that asks for it."""

    def __init__(self) -> None:
        self._paces: OrderedDict[str, Pace] = OrderedDict()

    async def read(self, call: Call) -> str:
        """The report on the session, or on the bin of a request without one.

        Raises:
            ResourceNotFound: There is neither.
        """
        journal, bin_name = call.runtime.journal, call.http.scope.get(BIN)
        subject = call.session.id if call.session is not None else bin_name and bin_subject(bin_name)
        if journal is not None and subject:
            async with self._pace(subject):
                record = await journal.read(subject)
                if record is not None:
                    return await beside(_report_on, record)
        raise ResourceNotFound(
            "Nothing is recorded of this connection",
            seen=REPORT_URI,
            rule="echo://session/report is about the session, or the bin, of the request that reads it",
            spec="server/resources, Error Handling",
            fix="Read it with the Mcp-Session-Id that initialize returned, or talk to a bin: /b/<name>/mcp.",
            extra={"uri": REPORT_URI},
        )

    def _pace(self, subject: str) -> Pace:
        """A record's own: one that takes long keeps nobody else waiting."""
        pace = self._paces.setdefault(subject, Pace())
        self._paces.move_to_end(subject)
        if len(self._paces) > MAX_PACES:
            self._paces.popitem(last=False)
        return pace


def _report_on(record: Record) -> str:
    # Only who asks for a report needs the rules.
    from mcp_echo_core.client_report import renderings
    from mcp_echo_core.client_report.judging import judge

    judgement = judge(record)
    return as_json(renderings.builtins(judgement.report, judgement.gateway)).decode()


async def _diagnose(arguments: Mapping[str, str], call: Call) -> list[dict[str, Any]]:
    asked = arguments.get("symptom", "")
    known = _symptoms(call.runtime.variant)
    steps = [symptom for symptom in known if symptom.name == asked] or known
    text = "\n".join(
        [
            f"The symptom: {asked}." if asked else "Find out what is wrong with the connection to this server.",
            f"This is the {call.runtime.variant.name} server, revision {call.revision}. Call these tools in turn:",
            *(f"{number}. {' then '.join(step.tools)}: {step.advice}" for number, step in enumerate(steps, 1)),
            "Then say in one sentence what arrives differently from what was sent, and who on the way changes it.",
        ]
    )
    return [{"role": "user", "content": {"type": "text", "text": text}}]


HEALTH = Resource(
    uri="echo://server/health",
    name="server-health",
    title="Server health",
    description="Health and counters of the server that answers",
    mime_type="application/json",
    read=_health,
)

CONFIGURATION = Resource(
    uri="echo://server/configuration",
    name="server-configuration",
    title="Server configuration",
    description="Effective settings by environment variable, without secrets",
    mime_type="application/json",
    read=_configuration,
)

SESSION = Resource(
    uri=SESSION_URI,
    name="current-session",
    title="Current session",
    description="What the server keeps of the session this request belongs to; updated by every echo",
    mime_type="application/json",
    read=_session,
    needs_session=True,
)


def _report() -> Resource:
    return Resource(
        uri=REPORT_URI,
        name="client-report",
        title="Client report",
        description="What the client of this connection does wrong, rule by rule, with evidence and fix",
        mime_type="application/json",
        read=ReportReader().read,
        needs_session=True,
    )


def _diagnose_prompt(variant: Variant) -> Prompt:
    names = tuple(symptom.name for symptom in _symptoms(variant))
    return Prompt(
        name="diagnose-connection",
        title="Diagnose the connection",
        description="Walks a model through the tools that show what is wrong between client and server",
        arguments=(PromptArgument("symptom", "What goes wrong, if that is known", values=names),),
        get=_diagnose,
    )


def catalog(variant: Variant, settings: Settings) -> Catalog:
    """What the diagnostic toolset offers in a variant."""
    return Catalog(
        tools=tools_for(variant.tools, settings),
        prompts=(_diagnose_prompt(variant),),
        resources=(
            HEALTH,
            CONFIGURATION,
            *((SESSION,) if variant.listens else ()),
            *((_report(),) if variant.records and settings.journal_max_bytes else ()),
        ),
        subscribable=frozenset({SESSION_URI}) if variant.listens else frozenset(),
    )
