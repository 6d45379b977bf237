"""Who a request says its user is: from the header fields of gateways, else from the claims of its token.

Nothing of it is verified here. Sources: oauth2-proxy (X-Auth-Request-*, X-Forwarded-*), Authelia (Remote-*), the MCP
OAuth gateway (X-User-*), OpenID Connect Core section 5.1 (claims).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from mcp_echo_core import headers, text
from mcp_echo_core.http import HttpRequest

FROM_TOKEN = "from token"  # noqa: S105 - a remark, not a credential
"""Marks what only the unverified token says."""

_USER_ID = ("x-user-id", "x-auth-request-user", "x-forwarded-user", "x-auth-user-id")
_USERNAME = (
    "x-user-name", "x-auth-request-preferred-username", "x-forwarded-preferred-username", "x-auth-user", "remote-user",
    "remote-name",
)  # fmt: skip
_GITHUB = ("x-github-user", "x-github-login", "x-auth-request-github-user")
_EMAIL = ("x-user-email", "x-auth-request-email", "x-forwarded-email", "remote-email")
_ROLES = (
    "x-user-roles", "x-roles", "x-auth-request-roles", "x-auth-request-groups", "x-forwarded-groups", "x-user-groups",
    "remote-groups",
)  # fmt: skip

HEADER_NAMES = frozenset({*_USER_ID, *_USERNAME, *_GITHUB, *_EMAIL, *_ROLES})
"""Every field in which a user is read, in lower case: what a gateway has to take out of what clients send."""


class Fact(Struct, frozen=True):
    """Something that is said about the user.

    Attributes:
        value: What is said.
        source: The header field, or the claim of the token, that says it.
        claimed: Only the unverified token says it.
    """

    value: str
    source: str
    claimed: bool

    def __str__(self) -> str:
        return f"{self.value} ({FROM_TOKEN})" if self.claimed else self.value


class Identity(Struct, frozen=True, rename="camel"):
    """The user."""

    user_id: Fact | None
    username: Fact | None
    github_user: Fact | None
    email: Fact | None
    roles: Fact | None

    @property
    def by_headers(self) -> bool:
        """Whether a gateway has named the user in header fields."""
        facts = (self.user_id, self.username, self.github_user, self.email)
        return any(fact is not None and not fact.claimed for fact in facts)


def read(request: HttpRequest, claims: dict[str, Any]) -> Identity:
    """The user of a request.

    Args:
        request: Its header fields count first.
        claims: The payload of its token, as ``tokens.decode`` gives it; empty without one.
    """

    def find(names: Sequence[str], *claim_names: str) -> Fact | None:
        return _from_headers(request, names, str) or _from_claims(claims, claim_names)

    return Identity(
        user_id=find(_USER_ID, "sub"),
        username=find(_USERNAME, "preferred_username", "username", "name"),
        github_user=find(_GITHUB, "github_user", "github_login", "login"),
        email=find(_EMAIL, "email"),
        roles=_from_headers(request, _ROLES, _list) or _from_claims(claims, ("roles", "groups")),
    )


def _from_headers(request: HttpRequest, names: Sequence[str], spell: Callable[[str], str]) -> Fact | None:
    for name in names:
        value = headers.shown(request, name)
        if value:
            return Fact(spell(value), name, claimed=False)
    return None


def _from_claims(claims: dict[str, Any], names: Sequence[str]) -> Fact | None:
    for name in names:
        value = claims.get(name)
        if value is not None:
            spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return Fact(text.line(spelled), name, claimed=True)
    return None


def _list(value: str) -> str:
    """Roles as a JSON array, whether they came as one or as a comma list."""
    if value.startswith("["):
        return value
    return json.dumps([part.strip() for part in value.split(",") if part.strip()], ensure_ascii=False)
