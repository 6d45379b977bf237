"""Asking the client while a call is served, in whatever way its revision has for it; tools need not know which.

Until 2025-11-25 a question is a request on the call's own stream (client/elicitation, client/sampling, client/roots).
Since then the call ends with its questions, and the client makes it again with the answers (2026-07-28
basic/patterns/mrtr).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_echo_core.call import Call
from mcp_echo_core.eras.rounds import missing_capabilities, undeclared
from mcp_echo_core.eras.versions import MODERN_VERSIONS
from mcp_echo_core.errors import ToolFailure

Question = Mapping[str, Any]
Answer = dict[str, Any]

ROOTS: Question = {"method": "roots/list", "params": {}}

_ANSWERED_BY = {"elicitation/create": "action", "sampling/createMessage": "content", "roots/list": "roots"}
"""The member without which an answer says nothing."""


def form(message: str, properties: Mapping[str, Any], required: Sequence[str] = ()) -> Question:
    """Ask the user to fill in a form."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def entry(message: str, name: str, kind: str = "string") -> Question:
    """Ask the user for one value."""
    return form(message, {name: {"type": kind}}, [name])


def sampling(prompt: str, max_tokens: int) -> Question:
    """Ask the client's model."""
    messages = [{"role": "user", "content": {"type": "text", "text": prompt}}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": max_tokens}}


def entered(answer: Answer, name: str) -> Any:
    """A value the user entered; ``None`` if there is none."""
    content = answer.get("content")
    return content.get(name) if answer["action"] == "accept" and isinstance(content, dict) else None


def said(answer: Answer) -> str:
    """What the client's model said."""
    content = answer["content"]
    blocks = content if isinstance(content, list) else [content]
    return " ".join(str(block["text"]) for block in blocks if isinstance(block, dict) and "text" in block)


def number_of_roots(answer: Answer) -> int:
    """How many roots the client named."""
    return len(answer["roots"]) if isinstance(answer["roots"], list) else 0


def check_declared(call: Call, *questions: Question) -> None:
    """See whether the client said that it can be asked all this.

    Raises:
        MissingCapability: It did not say so with this request.
        ToolFailure: It did not say so when it introduced itself, or nobody remembers what it said then.
    """
    required = undeclared(questions, call.capabilities)
    if not required:
        return
    if call.revision in MODERN_VERSIONS:
        raise missing_capabilities(required)
    names = ", ".join(required)
    if call.session is None:
        raise ToolFailure(f"Whether the client offers {names} is not known: no session remembers its introduction.")
    raise ToolFailure(f"The client did not declare {names} when it introduced itself, so it cannot be asked.")


class Interview:
    """The questions of one call; ``ask`` reads as if it waited for the answers, in every revision.

    Args:
        call: The call.
        sealed: Answers count only together with the state that went out with their question.
    """

    def __init__(self, call: Call, *, sealed: bool = False) -> None:
        self._call = call
        self._sealed = sealed
        self._known: dict[str, Answer] = dict(call.state or {})
        self._fresh: Mapping[str, Answer] = {} if sealed and call.state is None else call.answers

    async def ask(self, **questions: Question) -> dict[str, Answer]:
        """The answers, by the names of the questions.

        Raises:
            InputRequired: The client has to make the call again, with the answers.
            MissingCapability: The client did not declare with its request that it can be asked.
            ToolFailure: It cannot be asked, or its answer is none.
        """
        if self._call.revision not in MODERN_VERSIONS:
            return {name: await self._heard(question) for name, question in questions.items()}
        for name, question in questions.items():
            if name in self._fresh and _is_answer(question, self._fresh[name]):
                self._known[name] = self._fresh[name]
        missing = {name: question for name, question in questions.items() if name not in self._known}
        if missing:
            self._call.need_input(missing, self._known if self._known or self._sealed else None)
        return {name: self._known[name] for name in questions}

    async def _heard(self, question: Question) -> Answer:
        check_declared(self._call, question)
        answer: Answer = await self._call.channel.request(question["method"], question["params"])
        if not _is_answer(question, answer):
            raise ToolFailure(
                f"The client's result for {question['method']} has no {_ANSWERED_BY[question['method']]}."
            )
        return answer


def _is_answer(question: Question, answer: Any) -> bool:
    return isinstance(answer, dict) and _ANSWERED_BY[question["method"]] in answer
