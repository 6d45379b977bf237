"""Tools that need answers from the client before they have a result (2026-07-28 basic/patterns/mrtr)."""

from mcp_echo_core.call import Call
from mcp_echo_core.eras.rounds import undeclared
from mcp_echo_core.tools.base import NoArguments
from mcp_echo_core.toolsets.conformance.asking import (
    ROOTS,
    Interview,
    entered,
    entry,
    number_of_roots,
    said,
    sampling,
)
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool

PREFIX = "test_input_required_result_"

NAME = entry("What is your name?", "name")
CAPITAL = sampling("What is the capital of France?", 100)
GREETING = sampling("Generate a greeting", 50)
CONFIRM = entry("Please confirm", "ok", "boolean")


async def _elicitation(_: NoArguments, call: Call) -> list[Block]:
    answers = await Interview(call).ask(user_name=NAME)
    return [text(f"Hello, {entered(answers['user_name'], 'name')}!")]


async def _sampling(_: NoArguments, call: Call) -> list[Block]:
    answers = await Interview(call).ask(capital_question=CAPITAL)
    return [text(f"The model said: {said(answers['capital_question'])}")]


async def _list_roots(_: NoArguments, call: Call) -> list[Block]:
    answers = await Interview(call).ask(client_roots=ROOTS)
    return [text(f"The client has {number_of_roots(answers['client_roots'])} root(s)")]


async def _confirmed(_: NoArguments, call: Call) -> list[Block]:
    answers = await Interview(call, sealed=True).ask(confirm=CONFIRM)
    return [text(f"state-ok: the state came back as it was sent, and ok is {entered(answers['confirm'], 'ok')}")]


async def _multiple_inputs(_: NoArguments, call: Call) -> list[Block]:
    answers = await Interview(call, sealed=True).ask(user_name=NAME, greeting=GREETING, client_roots=ROOTS)
    name, greeting = entered(answers["user_name"], "name"), said(answers["greeting"])
    return [text(f"{greeting} {name} has {number_of_roots(answers['client_roots'])} root(s)")]


async def _multi_round(_: NoArguments, call: Call) -> list[Block]:
    interview = Interview(call, sealed=True)
    first = await interview.ask(step1=entry("Step 1: What is your name?", "name"))
    second = await interview.ask(step2=entry("Step 2: What is your favorite color?", "color"))
    return [text(f"{entered(first['step1'], 'name')} likes {entered(second['step2'], 'color')}")]


async def _capabilities(_: NoArguments, call: Call) -> list[Block]:
    possible = {"user_name": NAME, "greeting": GREETING, "client_roots": ROOTS}
    allowed = {name: asked for name, asked in possible.items() if not undeclared([asked], call.capabilities)}
    if not allowed:
        return [text("The client declared nothing it could be asked.")]
    answers = await Interview(call).ask(**allowed)
    return [text(f"The client was asked what it declared and answered {', '.join(answers)}")]


TOOLS: Tools = (
    tool(f"{PREFIX}elicitation", "Needs the user's name to greet them.", _elicitation),
    tool(f"{PREFIX}sampling", "Needs the client's model to answer.", _sampling),
    tool(f"{PREFIX}list_roots", "Needs the client's roots to count them.", _list_roots),
    tool(f"{PREFIX}request_state", "Needs a confirmation, and its own state back.", _confirmed),
    tool(f"{PREFIX}multiple_inputs", "Needs a name, a greeting and roots at once.", _multiple_inputs),
    tool(f"{PREFIX}multi_round", "Needs a name, and then a colour.", _multi_round),
    tool(f"{PREFIX}tampered_state", "Needs its own state back, unchanged.", _confirmed),
    tool(f"{PREFIX}capabilities", "Asks only what the client declared that it can be asked.", _capabilities),
)
