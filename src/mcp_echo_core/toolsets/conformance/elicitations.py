"""Tools that ask the user or the client's model (client/elicitation, client/sampling)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from mcp_echo_core.call import Call
from mcp_echo_core.tools.base import NoArguments
from mcp_echo_core.toolsets.conformance.asking import Answer, Interview, Question, check_declared, form, said, sampling
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool

MAX_TOKENS = 100


class Prompt(Struct, forbid_unknown_fields=True):
    """What to ask the model."""

    prompt: Annotated[str, Meta(description="The prompt for the client's model")]


class Message(Struct, forbid_unknown_fields=True):
    """What to ask the user."""

    message: Annotated[str, Meta(description="The message to show to the user")]


DEFAULTS = form(
    "Please look through these values; each has a default",
    {
        "name": {"type": "string", "description": "A name", "default": "John Doe"},
        "age": {"type": "integer", "description": "An age in years", "default": 30},
        "score": {"type": "number", "description": "A score", "default": 95.5},
        "status": {
            "type": "string",
            "description": "A status",
            "enum": ["active", "inactive", "pending"],
            "default": "active",
        },
        "verified": {"type": "boolean", "description": "Whether all this was verified", "default": True},
    },
)


def _titled(*names: str) -> list[dict[str, str]]:
    return [{"const": f"value{number}", "title": name} for number, name in enumerate(names, 1)]


def _several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "description": "Choose up to two", "minItems": 1, "maxItems": 2, "items": items}


_PLAIN = ["option1", "option2", "option3"]

ENUMS = form(
    "Please choose; each field offers its values in another form",
    {
        "untitledSingle": {"type": "string", "description": "Choose one", "enum": _PLAIN},
        "titledSingle": {
            "type": "string",
            "description": "Choose one by its title",
            "oneOf": _titled("First", "Second", "Third"),
        },
        "legacyEnum": {
            "type": "string",
            "description": "Choose one, titles as older clients read them",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["One", "Two", "Three"],
        },
        "untitledMulti": _several({"type": "string", "enum": _PLAIN}),
        "titledMulti": _several({"anyOf": _titled("First", "Second", "Third")}),
    },
)


def _person(message: str) -> Question:
    properties = {
        "username": {"type": "string", "description": "The user's name"},
        "email": {"type": "string", "description": "The user's e-mail address"},
    }
    return form(message, properties, list(properties))


def _told(answer: Answer) -> list[Block]:
    content = msgspec.json.encode(answer.get("content", {})).decode()
    return [text(f"User response: action={answer['action']}, content={content}")]


async def _sampling(arguments: Prompt, call: Call) -> list[Block]:
    answers = await Interview(call).ask(completion=sampling(arguments.prompt, MAX_TOKENS))
    return [text(f"LLM response: {said(answers['completion'])}")]


async def _elicitation(arguments: Message, call: Call) -> list[Block]:
    return _told((await Interview(call).ask(person=_person(arguments.message)))["person"])


async def _defaults(_: NoArguments, call: Call) -> list[Block]:
    return _told((await Interview(call).ask(values=DEFAULTS))["values"])


async def _enums(_: NoArguments, call: Call) -> list[Block]:
    return _told((await Interview(call).ask(choices=ENUMS))["choices"])


async def _missing_capability(_: NoArguments, call: Call) -> list[Block]:
    check_declared(call, sampling("Anything", MAX_TOKENS))
    return [text("The client declared the capability sampling.")]


TOOLS: Tools = (
    tool("test_sampling", "Asks the client's model and returns what it said.", _sampling, arguments=Prompt),
    tool("test_elicitation", "Asks the user and returns what they entered.", _elicitation, arguments=Message),
    tool("test_elicitation_sep1034_defaults", "Asks the user for values that have defaults.", _defaults),
    tool("test_elicitation_sep1330_enums", "Asks the user to choose, in every form of enumeration.", _enums),
    tool("test_missing_capability", "Needs a client that declares the capability sampling.", _missing_capability),
)
