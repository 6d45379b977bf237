"""How credentials are shown: never whole, by nothing in this package.

A credential appears as its scheme and its first and last six characters, or not at all. There is no way to ask for
more. Every function takes linear time, since its input is what strangers send.
"""

import itertools
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

SHOWN = 6
"""Characters of a credential that are shown at each end."""

MIN_CUT = 20
"""Characters a credential must have to be cut; of a shorter one nothing is shown."""

HIDDEN = "******* (hidden)"
"""Stands for a secret of which nothing is shown."""

_STARS = "*******"
"""Stands for a secret inside a URL."""

_MAX_NESTING = 3
"""How often a parameter may be percent-encoded; what is encoded more often is hidden."""

_MAX_LOOKED = 64
"""Encoded parameters of a text with something suspicious in it that are decoded one by one; further ones are hidden."""

_MAX_NAME = 64
"""Characters of a name whose verdict is remembered."""

MAX_SEEN_CHARACTERS = 200
"""A longer value is cut when it is quoted in a refusal."""

MAX_REDACTED_CHARACTERS = 4096
"""As much of a longer value is searched for credentials; the rest is never quoted."""

MAX_SEEN_BITS = 64
"""A larger integer is described instead of quoted."""

_SECRET_NAME = re.compile(
    r"secret|pass(w|phrase|code)|(?<!progress)(?<!progress[-_])token|credential|api[-_]?key|private[-_]?key|access[-_]?key|[-_]pwd|bearer|cookie|jwt"
    r"|signature|dsn|[cx]srf|connection[-_]?string|session[-_]?(id|key)|authori[sz]ation|client[-_]?cert"
    r"|(^|(?<!idempotency)[-_])key$|(^|[-_])(pass|pat|sig|sid)$",
    re.IGNORECASE,
)
_AUTH_NAME = re.compile(r"auth(?!or|enticat)", re.IGNORECASE)
_IDENTITY_NAME = re.compile(
    r"[-_](user|username|user-?id|name|email|groups?|roles?|scopes?|type|method|redirect|ur[il])$", re.IGNORECASE
)
"""Names with ``auth`` in them that tell who somebody is, such as ``X-Auth-Request-User``."""

_SECRET_PARAMETERS = frozenset({"code", "assertion", "samlresponse", "ticket", "pwd", "pw", "session"})
"""Query parameters that are as good as a credential although their names do not say so."""

_CUT_SCHEMES = frozenset({"bearer", "dpop", "token", "apikey", "gnap", "privatetoken"})
"""Schemes whose credential is one opaque text."""

_HIDDEN_SCHEMES = frozenset({"basic", "digest", "negotiate", "ntlm", "hoba", "mutual", "oauth", "aws4-hmac-sha256"})
"""Schemes whose credential holds readable parts, such as a password in base64."""

_HOSTS = frozenset({"host", "x-forwarded-host", "x-original-host"})  # may hold userinfo, though they must not

_MEMBER = re.compile(
    r"""(?<!\\)(?P<escape>\\{0,15})(?P<quote>["'])([^"'\\]{1,64})(?P=escape)(?P=quote)\s*:\s*(?P=escape)(?P=quote)"""
)
"""The beginning of a member that holds a text, also inside a text that is JSON itself."""

_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END|\Z)", re.DOTALL)
_WORDS = re.compile(r"(\s+)")
_PARAMETER = re.compile(r"(^|[?&;#,])([^=&;#?,\s]+)=([^&;#\s]*)")
_NAMES = re.compile(r"([^=&;#?,\s]+)(=?)")
"""Whatever may be the name of a parameter, and whether a value follows."""

_JWT = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*")
_SCHEME = re.compile(r"(\b(?i:bearer|dpop)|^Basic)(\s+)(?![\w-]+=\\*\")(?:(?=\S*\d)[^\s,;\"]{6,}|[^\s,;\"]{20,})")
"""A scheme and what looks like its credential rather than like the next word, or like the parameter of a challenge."""

_LABEL = re.compile(
    r"(?:(?<![\w-])(?P<label>(?:(?i:api|access|secret|private) )?[A-Za-z][\w-]{2,40})[ \t]?[:=](?P<blank>[ \t]{0,3})"
    r"|(?<!\S)(?P<option>--[A-Za-z][\w-]{2,40})[ \t]{1,3})"
    r"(?:(?i:basic|bearer|digest|token)[ \t]{1,3})?(?=(?P<value>[^\s'\"`,;]{6,20}))"
)
"""What prose and command lines call a value: ``password: …``, ``X-Api-Key: …``, ``--token …``."""

_HINT = re.compile(
    r"pass|pwd|token|secret|key|auth|cookie|credential|jwt|signature|dsn|srf|session|connection|cert", re.IGNORECASE
)
_BEHIND_WORD = re.compile(r"[\s'\"`,;]")

_PASSWORD_NAME = re.compile(r"pass(w|phrase)|pwd", re.IGNORECASE)
_COMMON_LABELS = frozenset({"key", "mcp-session-id"})  # stand before something else, or what is shown elsewhere, too

_LETTER_AND_DIGIT = re.compile(r"(?=\D*\d)[^A-Za-z]*[A-Za-z]")


def looks_secret(name: str) -> bool:
    """Whether a header, variable or parameter of this name holds a credential."""
    if _SECRET_NAME.search(name):
        return True
    return bool(_AUTH_NAME.search(name)) and not _IDENTITY_NAME.search(name)


def looks_secret_parameter(name: str) -> bool:
    """Whether a parameter of this name in a URL's query holds a credential."""
    return _secret_parameter(name) if len(name) <= _MAX_NAME else _is_secret_parameter(name)


def _is_secret_parameter(name: str) -> bool:
    return looks_secret(name) or name.lower() in _SECRET_PARAMETERS


_secret_parameter = lru_cache(512)(_is_secret_parameter)


def mask(secret: str) -> str:
    """A credential's first and last six characters, or nothing of a short one."""
    return f"{secret[:SHOWN]}...{secret[-SHOWN:]}" if len(secret) >= MIN_CUT else HIDDEN


def split_scheme(value: str) -> tuple[str, str]:
    """An ``Authorization`` value as scheme and credential (RFC 9110 section 11.4); no scheme where none is known."""
    scheme, _, rest = value.strip().partition(" ")
    return (scheme, rest.strip()) if scheme.lower() in _CUT_SCHEMES | _HIDDEN_SCHEMES else ("", value.strip())


def preview(scheme: str, secret: str) -> str:
    """A credential as its scheme allows: masked, or hidden where its parts can be read."""
    return HIDDEN if scheme.lower() in _HIDDEN_SCHEMES else mask(secret)


def credentials(value: str) -> str:
    """An ``Authorization`` value as scheme and masked credential."""
    scheme, secret = split_scheme(value)
    return " ".join(part for part in (scheme, preview(scheme, secret) if secret else "") if part)


def session_id(value: str) -> str:
    """A session id as logs show it: enough to tell sessions apart, too little to use one."""
    return f"{value[:8]}..."


def cookies(value: str) -> str:
    """A ``Cookie`` value with the names and masked values."""
    pairs = [pair.strip().partition("=") for pair in value.split(";") if pair.strip()]
    return "; ".join(f"{name}={mask(content)}" if equals else HIDDEN for name, equals, content in pairs)


def header(name: str, value: str) -> str:
    """A header field's value as it may be shown; ``name`` in any case."""
    lower = name.lower()
    if lower in {"cookie", "set-cookie", "cookie2"}:
        return cookies(value)
    if lower != "mcp-session-id" and looks_secret(lower):
        return credentials(value)
    if lower in _HOSTS and "@" in value:
        return _STARS + value[value.rindex("@") :]
    return text(value)


def variable(name: str, value: str) -> str:
    """An environment variable's value as it may be shown."""
    return HIDDEN if looks_secret(name) else text(value)


def text(value: str) -> str:
    """Any text without the credentials in it: userinfo and secret parameters of URLs, tokens, scheme and credential."""
    if "=" in value or "://" in value:
        value = _without_url_secrets(value)
    return _without_others(value)


def mask_tokens(value: str) -> str:
    """Any text with the JSON Web Tokens in it masked."""
    return _JWT.sub(lambda found: mask(found[0]), value)


def _without_others(value: str) -> str:
    """A text without the credentials that stand in no URL; each search only where it may find something."""
    if ":" in value and ('"' in value or "'" in value):
        value = _without_members(value)
    if "PRIVATE KEY" in value:
        value = _PRIVATE_KEY.sub(lambda found: f"{found[1]}{HIDDEN}", value)
    lower = value.lower()
    if "bearer" in lower or "dpop" in lower or lower.startswith("basic"):
        value = _SCHEME.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}", value)
    if _HINT.search(value):
        value = _without_labelled(value)
    return mask_tokens(value) if "eyJ" in value else value


def _without_labelled(value: str) -> str:
    parts, done = [], 0
    for found in _LABEL.finditer(value):
        if found.start() >= done and _labels_secret(found):
            parts += [value[done : found.end()], HIDDEN]
            behind = _BEHIND_WORD.search(value, found.end())
            done = behind.start() if behind else len(value)
    return "".join([*parts, value[done:]]) if parts else value


def _labels_secret(found: re.Match[str]) -> bool:
    """Whether a label is one of a credential, and what follows looks like one rather than like a word."""
    name, value = (found["label"] or found["option"]).replace(" ", "-"), found["value"]
    like_one = "://" not in value and (len(value) >= MIN_CUT or _LETTER_AND_DIGIT.match(value))
    # Without a blank it may be one of the many notations that have colons.
    labelled = found["option"] or found["blank"] or _PASSWORD_NAME.search(name)
    return bool(like_one and labelled and name.lower() not in _COMMON_LABELS and looks_secret(name))


def _without_members(value: str) -> str:
    parts, done = [], 0
    for found in _MEMBER.finditer(value):
        if found.start() < done or not looks_secret(found[3]):
            continue
        closing = re.compile(r"(?<!\\)" + re.escape(found["escape"] + found["quote"])).search(value, found.end())
        parts += [value[done : found.end()], _STARS]
        done = closing.start() if closing else len(value)
    return "".join([*parts, value[done:]]) if parts else value


def _without_url_secrets(value: str) -> str:
    # Looked at as a whole first: nearly nothing that is encoded holds anything, and there may be thousands of it.
    suspicious = "%" in value and _encodes_secret(value)
    looked = itertools.count()

    def without(found: re.Match[str]) -> str:
        separator, name, content = found.groups()
        secret = looks_secret_parameter(unquote(name))
        if not secret and suspicious and "%" in content:
            secret = next(looked) >= _MAX_LOOKED or _encodes_secret(content)
        return f"{separator}{name}={_STARS}" if secret else found[0]

    return "".join(
        _PARAMETER.sub(without, shown) if "=" in (shown := _without_userinfos(word)) else shown
        for word in _WORDS.split(value)
    )


def _without_userinfos(word: str) -> str:
    if "://" not in word:
        return word
    first, *rest = word.split("://")
    return "://".join([first, *map(_without_userinfo, rest)])


def _without_userinfo(rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return _STARS + rest[authority.rindex("@") :]
    # A password may hold the characters that end an authority: with a colon, everything before the last @ is suspect.
    if ":" in authority and "@" in rest:
        return _STARS + rest[rest.rindex("@") :]
    return rest


def _encodes_secret(content: str) -> bool:
    """Whether a percent-encoded text holds a credential, or is encoded so often that nobody can tell."""
    for _ in range(_MAX_NESTING):
        decoded = unquote(content)
        if decoded == content:
            return False
        content = decoded
        if _shows_secret(content):
            return True
    return unquote(content) != content


def _shows_secret(value: str) -> bool:
    """Whether a text holds a credential, taking any name before a ``=`` for a parameter's."""
    if "=" in value:
        names = {name for name, equals in _NAMES.findall(value) if equals}
        if any(map(looks_secret_parameter, names)):
            return True
    if "://" in value and any(_without_userinfos(word) != word for word in _WORDS.split(value)):
        return True
    return _without_others(value) != value


def shorten(value: Any) -> Any:
    """A value as it may be quoted: credentials masked, long texts cut, objects and arrays described."""
    if isinstance(value, int) and value.bit_length() > MAX_SEEN_BITS:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, int | float):
        return value
    whole = value if isinstance(value, str) else _preview(value)
    shown = text(whole[:MAX_REDACTED_CHARACTERS])
    if len(shown) <= MAX_SEEN_CHARACTERS:
        return shown
    return f"{shown[:MAX_SEEN_CHARACTERS]}… ({len(whole)} characters)"


def _preview(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with the members {', '.join(map(str, list(value)[:8])) or '(none)'}"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return str(value)
