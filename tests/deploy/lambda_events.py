"""Events as AWS sends them to a function: HTTP APIs and function URLs, both in payload format 2.0.

Source: AWS Lambda developer guide, "Invoking Lambda functions with function URLs", Request and response payloads;
API Gateway developer guide, "AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
from typing import Any


def http_api(method: str, path: str, body: bytes | None = None, *, encoded: bool = False, **headers: str) -> Any:
    """An event of an HTTP API.

    Args:
        method: HTTP method.
        path: With the leading slash.
        body: Absent where ``None``.
        encoded: The body comes in base64, as it does for media types that the gateway does not know for text.
        headers: Field names with underscores for dashes.
    """
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "abc.execute-api.eu-central-1.amazonaws.com", "x-forwarded-for": "203.0.113.7"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "20/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1795165200000,
        },
        "isBase64Encoded": encoded,
    }
    event["headers"].update({name.replace("_", "-"): value for name, value in headers.items()})
    if body is not None:
        event["headers"]["content-length"] = str(len(body))
        event["body"] = base64.b64encode(body).decode() if encoded else body.decode()
    return event


def function_url(method: str, path: str, body: bytes | None = None, *, encoded: bool = False, **headers: str) -> Any:
    """An event of a function URL; arguments as for ``http_api``."""
    event = http_api(method, path, body, encoded=encoded, **headers)
    event["routeKey"] = event["requestContext"]["routeKey"] = "$default"
    host = "abc.lambda-url.eu-central-1.on.aws"
    event["headers"]["host"] = event["requestContext"]["domainName"] = host
    event["requestContext"]["authentication"] = None
    return event
