"""Resources of each kind: text, bytes, by template, and one that can be watched (server/resources)."""

import base64
from collections.abc import Mapping

from mcp_echo_core.call import Call
from mcp_echo_core.catalog import Resource, ResourceTemplate
from mcp_echo_core.messages import encode
from mcp_echo_core.toolsets.conformance.media import PNG

WATCHED_URI = "test://watched-resource"


async def _text(call: Call) -> str:  # noqa: ARG001
    return "This is the content of the static text resource."


async def _binary(call: Call) -> bytes:  # noqa: ARG001
    return base64.b64decode(PNG)


async def _watched(call: Call) -> str:  # noqa: ARG001
    return "Subscribe to this resource, then call test_trigger_resource_change."


async def _data(variables: Mapping[str, str], call: Call) -> str:  # noqa: ARG001
    identity = variables["id"]
    return encode({"id": identity, "templateTest": True, "data": f"Data for ID: {identity}"}).decode()


RESOURCES = (
    Resource(
        uri="test://static-text",
        name="static-text",
        title="Static text",
        description="A text that never changes",
        mime_type="text/plain",
        read=_text,
    ),
    Resource(
        uri="test://static-binary",
        name="static-binary",
        title="Static picture",
        description="A picture that never changes",
        mime_type="image/png",
        read=_binary,
    ),
    Resource(
        uri=WATCHED_URI,
        name="watched-resource",
        title="Watched resource",
        description="A resource whose changes can be subscribed to",
        mime_type="text/plain",
        read=_watched,
    ),
)

TEMPLATES = (
    ResourceTemplate(
        uri_template="test://template/{id}/data",
        name="template",
        title="Data by id",
        description="Data made up from the id in the URI",
        mime_type="application/json",
        read=_data,
    ),
)
