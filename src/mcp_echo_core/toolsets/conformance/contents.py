"""Tools that return each kind of content, and one that fails (server/tools, Tool Result and Error Handling)."""

from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import AUDIO_CONTENT
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.tools.base import NoArguments
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool
from mcp_echo_core.toolsets.conformance.media import PNG, WAV

IMAGE: Block = {"type": "image", "data": PNG, "mimeType": "image/png"}
AUDIO: Block = {"type": "audio", "data": WAV, "mimeType": "audio/wav"}


def embedded(uri: str, mime_type: str, content: str) -> Block:
    """A resource inside a result."""
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": content}}


async def _simple_text(_: NoArguments, call: Call) -> list[Block]:  # noqa: ARG001
    return [text("This is a simple text response for testing.")]


async def _image(_: NoArguments, call: Call) -> list[Block]:  # noqa: ARG001
    return [IMAGE]


async def _audio(_: NoArguments, call: Call) -> list[Block]:
    if call.revision not in AUDIO_CONTENT:
        raise ToolFailure(f"Revision {call.revision} has no audio content; it came with 2025-03-26.")
    return [AUDIO]


async def _embedded_resource(_: NoArguments, call: Call) -> list[Block]:  # noqa: ARG001
    return [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]


async def _multiple(_: NoArguments, call: Call) -> list[Block]:  # noqa: ARG001
    resource = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    return [text("Multiple content types test:"), IMAGE, resource]


async def _failing(_: NoArguments, call: Call) -> list[Block]:  # noqa: ARG001
    raise ToolFailure("This tool intentionally returns an error for testing")


TOOLS: Tools = (
    tool("test_simple_text", "Returns one block of text.", _simple_text),
    tool("test_image_content", "Returns one picture, a single pixel as PNG.", _image),
    tool("test_audio_content", "Returns one sound, a moment of silence as WAV.", _audio),
    tool("test_embedded_resource", "Returns one resource inside the result.", _embedded_resource),
    tool("test_multiple_content_types", "Returns text, a picture and a resource in one result.", _multiple),
    tool("test_error_handling", "Always fails, with a result that says isError.", _failing),
)
