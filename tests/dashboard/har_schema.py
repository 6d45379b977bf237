"""The structure of HAR 1.2 as JSON Schema, from http://www.softwareishard.com/blog/har-12-spec/."""

from typing import Any


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    properties = {**required, **optional, "comment": TEXT}
    return {
        "type": "object", "required": list(required), "properties": properties, "additionalProperties": False,
    }  # fmt: skip


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
SIZE = {"type": "integer", "minimum": -1}
TIME = {"type": "number", "minimum": -1}
DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}

PAIR = _object({"name": TEXT, "value": TEXT})
COOKIE = _object(
    {"name": TEXT, "value": TEXT},
    path=TEXT, domain=TEXT, expires=TEXT, httpOnly={"type": "boolean"}, secure={"type": "boolean"},
)  # fmt: skip
REQUEST = _object(
    {
        "method": TEXT, "url": {"type": "string", "pattern": "^https?://"}, "httpVersion": TEXT,
        "cookies": _list(COOKIE), "headers": _list(PAIR), "queryString": _list(PAIR), "headersSize": SIZE,
        "bodySize": SIZE,
    },
    postData=_object({"mimeType": TEXT, "params": _list({"type": "object"}), "text": TEXT}),
)  # fmt: skip
RESPONSE = _object(
    {
        "status": {"type": "integer"}, "statusText": TEXT, "httpVersion": TEXT, "cookies": _list(COOKIE),
        "headers": _list(PAIR), "redirectURL": TEXT, "headersSize": SIZE, "bodySize": SIZE,
        "content": _object({"size": SIZE, "mimeType": TEXT}, compression=NUMBER, text=TEXT, encoding=TEXT),
    },
)  # fmt: skip
ENTRY = _object(
    {
        "startedDateTime": DATE, "time": {"type": "number", "minimum": 0}, "request": REQUEST, "response": RESPONSE,
        "cache": {"type": "object"}, "timings": _object(
            {"send": TIME, "wait": TIME, "receive": TIME}, blocked=TIME, dns=TIME, connect=TIME, ssl=TIME,
        ),
    },
    pageref=TEXT, serverIPAddress=TEXT, connection=TEXT,
)  # fmt: skip
CREATOR = _object({"name": TEXT, "version": TEXT})
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": _object(
            {"version": {"const": "1.2"}, "creator": CREATOR, "entries": _list(ENTRY)},
            browser=CREATOR, pages=_list({"type": "object"}),
        ),
    },
}  # fmt: skip
