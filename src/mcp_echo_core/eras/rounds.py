"""Several rounds for one modern request: the client is asked, and repeats the request with its answers.

Nothing is remembered between rounds; what has to be is sealed into ``requestState``. Source: 2026-07-28
basic/patterns/mrtr.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mcp_echo_core.errors import InputRequired, InvalidParams, MissingCapability
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.messages import Request
from mcp_echo_core.seals import Sealer

CAPABILITY_OF = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}
"""What a client must have declared to be asked."""

_CHANGING = frozenset({"_meta", "inputResponses", "requestState"})
"""Params that differ from round to round."""


class Rounds:
    """Opens what a client brings back and seals what it shall bring.

    Args:
        sealer: Makes state tamper-proof.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def opened(self, request: Request, http: HttpRequest, now: float) -> tuple[Mapping[str, Any], Any]:
        """The answers and the state of a request.

        Raises:
            InvalidParams: They cannot be read, or the state is not what this server gave out.
        """
        answers = request.params.get("inputResponses", {})
        if type(answers) is not dict or not all(type(answer) is dict for answer in answers.values()):
            raise InvalidParams(
                "inputResponses is not an object of objects",
                seen=answers,
                rule="inputResponses holds the client's answer to each input request under the same key",
                spec="2026-07-28 basic/patterns/mrtr",
                fix='Send "inputResponses": {"<key>": {…}}.',
            )
        sealed = request.params.get("requestState")
        return answers, None if sealed is None else self._sealer.open(sealed, _binding(request, http), now)

    def result(
        self, needed: InputRequired, request: Request, http: HttpRequest, declared: Mapping[str, Any], now: float
    ) -> dict[str, Any]:
        """The result that asks the client.

        Raises:
            MissingCapability: The client did not declare that it can be asked this.
        """
        missing = undeclared(needed.requests.values(), declared)
        if missing:
            raise missing_capabilities(missing)
        result: dict[str, Any] = {"resultType": "input_required"}
        if needed.requests:
            result["inputRequests"] = needed.requests
        if needed.state is not None:
            result["requestState"] = self._sealer.seal(needed.state, _binding(request, http), now)
        return result


def undeclared(requests: Iterable[Mapping[str, Any]], declared: Mapping[str, Any]) -> dict[str, Any]:
    """What a client would have to declare to be asked all this and did not, as ``ClientCapabilities``."""
    required: dict[str, Any] = {}
    for asked in requests:
        name = CAPABILITY_OF[str(asked["method"])]
        offered = declared.get(name)
        mode = asked["params"].get("mode", "form")
        if offered is None:
            required[name] = {}
        elif name == "elicitation" and mode not in _modes(offered):
            required[name] = {mode: {}}
    return required


def _modes(offered: Any) -> Iterable[str]:
    # An empty object stands for forms alone (client/elicitation, Capabilities).
    return offered if type(offered) is dict and offered else ("form",)


def missing_capabilities(required: Mapping[str, Any]) -> MissingCapability:
    """The refusal of a request whose client did not declare the ``ClientCapabilities`` it takes."""
    return MissingCapability(
        f"The client did not declare {', '.join(required)}",
        rule="A server uses only what the request's clientCapabilities declare",
        spec="2026-07-28 basic/index, _meta",
        fix="Declare it in params._meta, or do not make this request.",
        extra={"requiredCapabilities": required},
    )


def _binding(request: Request, http: HttpRequest) -> bytes:
    params = {name: value for name, value in request.params.items() if name not in _CHANGING}
    return msgspec.json.encode([request.method, params, http.header("authorization")], order="deterministic")
