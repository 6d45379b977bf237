"""Parts of URLs as the standards name them."""

from urllib.parse import urlsplit, urlunsplit

PORTS = {"http": 80, "https": 443}
"""The usual port of a scheme (RFC 9110 sections 4.2.1 and 4.2.2)."""


def port_of(url: str) -> int | None:
    """The port that is connected to; ``None`` for another scheme without a port.

    Raises:
        ValueError: It is no number up to 65535, or the URL is none.
    """
    parts = urlsplit(url)
    return parts.port or PORTS.get(parts.scheme)


def origin_of(url: str) -> str:
    """Scheme, host and, unless it is the usual one, port (RFC 6454 section 6.2); empty for a URL that has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS.get(parts.scheme)) else "")


def without_userinfo(url: str) -> str:
    """A URL without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
