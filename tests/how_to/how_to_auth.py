"""Who may pass, in the how-tos: the service of ``deploy/auth``, a checker of tokens, an authorization server."""

import contextlib
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path

import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from live import free_port, until

FORWARD_AUTH = Path(__file__).resolve().parents[2] / "deploy" / "auth" / "forward_auth.py"
KEY = "the key of an authorization server in a how-to"
ISSUER, AUDIENCE = "https://login.example.com", "https://mcp.example.com/mcp"


def check(request: Request) -> Response:
    """200, or 401 with the reason, for a token of this issuer for this audience."""
    try:
        token = request.headers["authorization"].removeprefix("Bearer ")
        jwt.decode(token, KEY, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER)
    except (KeyError, jwt.PyJWTError) as error:
        challenge = f'Bearer error="invalid_token", error_description="{error}"'
        return Response(status_code=401, headers={"www-authenticate": challenge})
    return Response()


@contextlib.contextmanager
def serving_auth() -> Iterator[int]:
    """All three on one port, which is the authorization server that the metadata names."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"

    def metadata(_: Request) -> Response:
        urls = {f"{name}_endpoint": f"{origin}/{name}" for name in ("authorization", "token", "registration")}
        methods = {"response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"]}
        return JSONResponse({"issuer": origin, **urls, **methods}, headers={"access-control-allow-origin": "*"})

    spec = importlib.util.spec_from_file_location("forward_auth", FORWARD_AUTH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = module.ForwardAuth({}, [origin])
    routes = [
        Route("/verify", app.verify, methods=["GET", "POST"]),
        Route("/check", check, methods=["GET", "POST"]),
        Route("/.well-known/oauth-authorization-server", metadata),
        Route(module.METADATA + "{resource:path}", app.metadata),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "the start of the auth service")
        yield port
    finally:
        server.should_exit = True
        thread.join()
