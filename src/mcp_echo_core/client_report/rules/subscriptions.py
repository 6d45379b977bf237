"""What a client asks to be told about with ``subscriptions/listen``."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.modern import MODERN, judgeable

FLAGS = ("toolsListChanged", "promptsListChanged", "resourcesListChanged")
RESOURCES = "resourceSubscriptions"

_SPELLINGS = {re.sub(r"[^a-z]", "", name.lower()): name for name in (*FLAGS, RESOURCES)}
_METHODS = {
    "notificationstoolslistchanged": FLAGS[0],
    "notificationspromptslistchanged": FLAGS[1],
    "notificationsresourceslistchanged": FLAGS[2],
    "notificationsresourcesupdated": RESOURCES,
}


def _meant(key: str) -> str | None:
    """The key that a misspelt one stands for; others may belong to an extension."""
    plain = re.sub(r"[^a-z]", "", key.lower())
    meant = _SPELLINGS.get(plain) or _METHODS.get(plain)
    return None if meant == key else meant


def _faults(wanted: Any) -> Iterator[str]:
    if not isinstance(wanted, dict):
        yield f"notifications is {quoted(wanted)}, not an object"
        return
    for flag in FLAGS:
        if flag in wanted and not isinstance(wanted[flag], bool):
            yield f"{flag} is {quoted(wanted[flag])}, not true or false"
    uris = wanted.get(RESOURCES, [])
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        yield f"{RESOURCES} is {quoted(uris)}, not an array of texts"
    for key in wanted:
        if (meant := _meant(key)) is not None:
            yield f"{quoted(key)} is not a key; {meant} is"


def _filter(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message in conversation.messages(revisions):
        if message.method != "subscriptions/listen" or not message.is_request or not judgeable(message):
            continue
        if "notifications" not in message.params:
            yield found(message, "The filter is missing: there is no member notifications.")
        elif message.params["notifications"] == {}:
            yield found(message, "The filter is empty, so that nothing will be sent.", level="note")
        else:
            for fault in _faults(message.params["notifications"]):
                yield found(message, f"In the filter, {fault}.")


RULES = (
    Rule(
        id="listen-filter-valid",
        area="modern",
        revisions=MODERN,
        level="must",
        title="subscriptions/listen has a filter of the defined form",
        fix=f"Send params.notifications with {', '.join(FLAGS)} (true or false) and {RESOURCES} (URIs) as needed.",
        spec=("2026-07-28 basic/patterns/subscriptions, Notification Filter", "2026-07-28 schema, SubscriptionFilter"),
        judge=_filter,
    ),
)
