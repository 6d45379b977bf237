"""``WWW-Authenticate``, read as strictly as clients do (RFC 9110 section 11.6.1), and what is wrong with it."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(
    rf'({_NAME})[ \t]*=[ \t]*(?:({_NAME})|"((?:[^"\\]|\\.)*)")[ \t]*(?P<end>,|$|(?={_NAME}[ \t]*=))'
)
_LOOSE = re.compile(rf'({_NAME})[ \t]*=[ \t]*("[^,]*"?|[^,]*)')
_SCHEME = re.compile(rf"({_NAME})(?:[ \t]+|[ \t]*(?=,|$))")
_CREDENTIAL = re.compile(r"[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")
_SEPARATOR = re.compile(r"[ \t]*,[ \t,]*|[ \t]+")


class Challenge(Struct, frozen=True):
    """One challenge.

    Attributes:
        scheme: In lower case.
        parameters: By lower-case name; of one that comes twice, the first.
        faults: What a strict parser stumbles over.
    """

    scheme: str
    parameters: Mapping[str, str]
    faults: Sequence[str]


def challenges(values: Sequence[str]) -> list[Challenge]:
    """All challenges of an answer, whatever can be made out of malformed ones.

    Args:
        values: The fields of the name ``WWW-Authenticate``.
    """
    return [challenge for value in values for challenge in _challenges(value.strip())]


def _challenges(value: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str], list[str]]] = []
    at = _skip(value, 0)
    while at < len(value):
        if found and (loose := _LOOSE.match(value, at)) is not None:
            at = _parameter(loose, *found[-1][1:])
        elif (scheme := _SCHEME.match(value, at)) is not None:
            found.append((scheme[1].lower(), {}, []))
            at = scheme.end()
            token = _CREDENTIAL.match(value, at)
            at = token.end() if token is not None and _PARAMETER.match(value, at) is None else at
        else:
            if not found:
                found.append(("", {}, []))
            found[-1][2].append(f"{value[at : at + 40]!r} is neither a scheme nor a parameter")
            break
        at = _skip(value, at)
    return [Challenge(scheme, parameters, faults) for scheme, parameters, faults in found]


def _parameter(loose: re.Match[str], parameters: dict[str, str], faults: list[str]) -> int:
    """Take in the parameter that begins at a match; where it ends."""
    strict = _PARAMETER.match(loose.string, loose.start())
    name = loose[1].lower()
    if strict is None:
        content = loose[2].strip().strip('"')
        problem = "is not closed" if '"' in loose[2] else "needs quotes"
        faults.append(f"the value of {name} {problem}: {loose[2][:80]}")
    else:
        content = strict[2] if strict[2] is not None else re.sub(r"\\(.)", r"\1", strict[3])
        if strict["end"] == "" and strict.end() < len(loose.string):
            faults.append(f"there is no comma after {name}")
    if name in parameters:
        faults.append(f"{name} comes twice")
    parameters.setdefault(name, content)
    return (strict or loose).end()


def _skip(value: str, at: int) -> int:
    separator = _SEPARATOR.match(value, at)
    return separator.end() if separator is not None else at
