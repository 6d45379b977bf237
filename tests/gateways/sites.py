"""The servers as a deployment has them, behind the gateways that ``deploy/`` has files for."""

import contextlib
import hashlib
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nginx_process
import traefik_process
from harness import tool_call
from live import ANSWER, BIN, MESSAGE_HEADERS, Live, Reply, free_port, read, running
from redis_process import running_redis

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DOMAIN = "example.com"
COUNTS = {"stateless": 3, "stateful": 2}
"""Instances."""

TOKEN = "a token of jane's"
PAGE = "https://app.example.com"
"""The origin whose pages may ask."""

ISSUER = "https://login.example.com"
"""Where tokens come from; nobody is there."""

DRAIN_DELAY = 0.4
"""Seconds that a server goes on answering when it is told to stop: longer than Traefik takes to notice here."""

KEEP_ALIVE = 0.3
"""Seconds between the keep-alives of the servers."""


MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tester", "version": "1.0"},
    "progressToken": "steps",
}
"""What ``_meta`` of a request of that revision holds."""


@dataclass
class Servers:
    """What runs behind the gateways.

    Attributes:
        instances: Running servers by their name in the files, such as stateless-1.
        auth: The auth service.
    """

    folder: Path
    facts: Mapping[str, dict[str, str]]
    auth: Live
    instances: dict[str, Live] = field(default_factory=dict)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start an instance, where it was before if it ran already."""
        variant = name.partition("-")[0]
        port = self.instances[name].port if name in self.instances else None
        command = [str(BIN / "mcp-echo"), "serve", "--variant", variant]
        facts = {"MCP_ECHO_INSTANCE": name, **self.facts[variant]}
        self._stacks[name] = ExitStack()
        self.instances[name] = self._stacks[name].enter_context(running(command, self.folder, port, **facts))

    def stop(self, *names: str) -> None:
        """Stop instances as a restart does; they must end well."""
        for name in names:
            self.instances[name].kill()
        for name in names:
            with self._stacks.pop(name):
                code, lines = self.instances[name].exit_code(), self.instances[name].lines
            assert code == 0, lines[-5:]
            assert not [line for line in lines if "Traceback" in line], lines

    @property
    def running(self) -> list[str]:
        """Names of the instances that run."""
        return list(self._stacks)

    @property
    def addresses(self) -> dict[str, str]:
        """Where each is, by what stands in the files."""
        instances = {f"{name}:3000": f"127.0.0.1:{live.port}" for name, live in self.instances.items()}
        return {"auth:9000": f"127.0.0.1:{self.auth.port}", **instances}


@contextlib.contextmanager
def serving_all(folder: Path) -> Iterator[Servers]:
    """Three stateless servers, two stateful ones on one Redis, and the auth service."""
    tokens = folder / "tokens.json"
    jane = {"user": "jane", "email": "jane@example.com", "groups": ["staff", "testers"]}
    tokens.write_text(json.dumps({hashlib.sha256(TOKEN.encode()).hexdigest(): jane}))
    auth_command = [str(BIN / "uvicorn"), "--app-dir", str(DEPLOY / "auth"), "forward_auth:app", "--port", "{port}"]
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(folder))
        auth = stack.enter_context(running(auth_command, folder, AUTH_TOKENS_FILE=str(tokens), AUTH_SERVERS=ISSUER))
        facts = {
            variant: {
                "MCP_ALLOWED_HOSTS": f"{variant}.{DOMAIN},{variant}.{DOMAIN}:*",
                "MCP_ALLOWED_ORIGINS": PAGE,
                "MCP_CORS_ORIGINS": "none",
                "MCP_DRAIN_DELAY": str(DRAIN_DELAY),
                "MCP_ECHO_STATE_SECRET": "the same for all instances",
                "MCP_SSE_KEEPALIVE_INTERVAL": str(KEEP_ALIVE),
            }
            for variant in COUNTS
        }
        facts["stateful"]["MCP_SESSION_STORE"] = redis.url
        servers = Servers(folder, facts, auth)
        stack.callback(lambda: servers.stop(*servers.running))
        for variant, count in COUNTS.items():
            for number in range(1, count + 1):
                servers.start(f"{variant}-{number}")
        yield servers


@dataclass(frozen=True)
class Site:
    """One of the two servers as clients of a gateway see it.

    Attributes:
        variant: Which.
        port: The gateway's.
        gateway: nginx or traefik.
    """

    variant: str
    port: int
    gateway: str

    @property
    def host(self) -> str:
        return f"{self.variant}.{DOMAIN}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/mcp"

    @property
    def headers(self) -> dict[str, str]:
        """Of somebody who may pass."""
        return {"Host": self.host, "Authorization": f"Bearer {TOKEN}"}

    def post(self, message: Any, path: str = "/mcp", **headers: str) -> Reply:
        """A message of somebody who may pass; ``Host`` and ``Authorization`` may be others."""
        return self.send("POST", path, json.dumps(message).encode(), {**MESSAGE_HEADERS, **self.headers, **headers})

    def call(self, tool: str, arguments: Mapping[str, Any], request_id: Any = 1, **headers: str) -> Reply:
        """A tool call in the era without sessions, of somebody who may pass."""
        mirrored = {"Mcp-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
        return self.post(tool_call(tool, arguments, request_id, _meta=ENVELOPE), **mirrored, **headers)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """A request of a stranger, but for the headers."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER)) as connection:
            connection.request(method, path, body or None, {"Host": self.host, **(headers or {})})
            return read(connection)


@contextlib.contextmanager
def nginx(folder: Path, addresses: Mapping[str, str]) -> Iterator[int]:
    """nginx in front of servers at these addresses; its port."""
    port = free_port()
    listen = {"listen 127.0.0.1:8080": f"listen 127.0.0.1:{port}"}
    with nginx_process.deployed(folder, DEPLOY / "nginx", {**addresses, **listen}):
        yield port


@contextlib.contextmanager
def traefik(folder: Path, addresses: Mapping[str, str]) -> Iterator[int]:
    """Traefik in front of servers at these addresses; its port."""
    port = free_port()
    replaced = {
        '":8080"': f'"127.0.0.1:{port}"',
        "127.0.0.1:8082": f"127.0.0.1:{free_port()}",
        "interval: 2s": "interval: 100ms",  # between health checks: what takes seconds otherwise
        **addresses,
    }
    preflight = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}

    def routes() -> bool:
        return Site("stateless", port, "traefik").send("OPTIONS", "/mcp", headers=preflight).status == 200

    with traefik_process.deployed(folder, DEPLOY / "traefik", replaced, {"BASE_DOMAIN": DOMAIN}, routes):
        yield port


GATEWAYS = {"nginx": nginx, "traefik": traefik}
