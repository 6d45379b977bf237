"""Requests of the tasks extension."""

from collections.abc import Iterator

from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.mirrored import TASK_METHODS, name_of
from mcp_echo_core.client_report.rule import Found, Rule, quoted
from mcp_echo_core.client_report.rules.modern import MODERN, each_header
from mcp_echo_core.client_report.rules.modern_headers import differing
from mcp_echo_core.eras.envelope import CAPABILITIES_KEY

EXTENSION = "io.modelcontextprotocol/tasks"


def _tasks(heard: Heard, message: Message) -> Iterator[str | Found]:  # noqa: ARG001 - the message tells its exchange
    if message.method not in TASK_METHODS or not message.is_request:
        return
    repeated = name_of(message)
    for says in () if repeated is None else differing(repeated):
        yield f"{quoted(message.method)}: {says}"
    capabilities = message.meta.get(CAPABILITIES_KEY)
    if not isinstance(capabilities, dict):
        return  # the lack of an envelope is a rule of its own
    extensions = capabilities.get("extensions")
    if not isinstance(extensions, dict) or not isinstance(extensions.get(EXTENSION), dict):
        retired = "; clientCapabilities.tasks is of an older revision" if "tasks" in capabilities else ""
        yield f"{quoted(message.method)}: the client does not declare {EXTENSION}{retired}."


RULES = (
    Rule(
        id="tasks-mcp-name",
        area="tasks",
        revisions=MODERN,
        level="must",
        title="Requests about a task declare the extension and repeat taskId in Mcp-Name",
        fix=f"Send taskId in Mcp-Name, and declare {EXTENSION} in clientCapabilities.extensions of each request.",
        spec=("SEP-2663, Streamable HTTP: Routing Headers", "SEP-2663, Capability Negotiation"),
        judge=each_header(_tasks),
    ),
)
