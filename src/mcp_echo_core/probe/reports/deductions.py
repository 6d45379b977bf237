"""Which checks tell how a server is built, and which concern its security."""

ARCHITECTURE = (
    ("era", "era"),
    ("session store", "session-store"),
    ("validation of ids", "session-unknown"),
    ("ids of clients", "session-fixation"),
    ("state", "session-state"),
    ("replicas", "replicas"),
    ("streams", "stream-get"),
)
"""Parts of a server, and the checks whose answer tells about them."""

SECURITY = (
    "session-id-unguessable",
    "session-fixation",
    "session-foreign",
    "origin-policy",
    "host-policy",
    "path-redirect",
    "oauth-challenge",
    "oauth-metadata",
)
"""Checks of what protects users; the others concern what works."""
