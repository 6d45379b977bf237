"""Prompts of each kind: plain, with arguments, with a resource, with a picture, and one that asks back."""

from collections.abc import Mapping
from typing import Any

from mcp_echo_core.call import Call
from mcp_echo_core.catalog import Prompt, PromptArgument
from mcp_echo_core.toolsets.conformance.asking import Interview, entered, entry
from mcp_echo_core.toolsets.conformance.contents import IMAGE, embedded
from mcp_echo_core.toolsets.conformance.fixtures import Block, text

Arguments = Mapping[str, str]
Messages = list[dict[str, Any]]

CONTEXT = entry("What context should the prompt use?", "context")


def _user(*blocks: Block) -> Messages:
    return [{"role": "user", "content": block} for block in blocks]


async def _simple(_: Arguments, call: Call) -> Messages:  # noqa: ARG001
    return _user(text("This is a simple prompt for testing."))


async def _with_arguments(arguments: Arguments, call: Call) -> Messages:  # noqa: ARG001
    return _user(text(f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"))


async def _with_resource(arguments: Arguments, call: Call) -> Messages:  # noqa: ARG001
    resource = embedded(arguments["resourceUri"], "text/plain", "Embedded resource content for testing.")
    return _user(resource, text("Please process the embedded resource above."))


async def _with_image(_: Arguments, call: Call) -> Messages:  # noqa: ARG001
    return _user(IMAGE, text("Please analyze the image above."))


async def _asking(_: Arguments, call: Call) -> Messages:
    answers = await Interview(call).ask(user_context=CONTEXT)
    return _user(text(f"Prompt with context: {entered(answers['user_context'], 'context')}"))


PROMPTS = (
    Prompt(
        name="test_simple_prompt",
        title="Simple prompt",
        description="A prompt without arguments",
        get=_simple,
    ),
    Prompt(
        name="test_prompt_with_arguments",
        title="Prompt with arguments",
        description="A prompt that repeats its two arguments",
        arguments=(
            PromptArgument("arg1", "The first", required=True, values=("parameter", "paris", "party")),
            PromptArgument("arg2", "The second", required=True, values=("test", "text")),
        ),
        get=_with_arguments,
    ),
    Prompt(
        name="test_prompt_with_embedded_resource",
        title="Prompt with a resource",
        description="A prompt with a resource inside",
        arguments=(PromptArgument("resourceUri", "The URI the resource shall have", required=True),),
        get=_with_resource,
    ),
    Prompt(
        name="test_prompt_with_image",
        title="Prompt with a picture",
        description="A prompt with a picture inside",
        get=_with_image,
    ),
    Prompt(
        name="test_input_required_result_prompt",
        title="Prompt that asks back",
        description="A prompt that needs a context from the user",
        get=_asking,
    ),
)
