"""Takes pictures of the dashboard: a scripted conversation with a real server, in a real browser."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from talking import Talk, new_bin, rows

from live import Live, serving

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
MAX_BYTES = 250_000

SIZES = {1280: 1060, 390: 2100}
"""Heights in pixels, by width."""

THEMES = ("light", "dark")

# The token has the shape of a JSON Web Token and opens nothing.
TOKEN = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9."
    "eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZSIsImF1ZCI6Imh0dHBzOi8vZWNoby5leGFtcGxlL21jcCIsInN1YiI6ImFsaWNlIiwi"
    "aWF0IjoxNzkwMDAwMDAwLCJleHAiOjE4OTAwMDAwMDB9.c2lnbmF0dXJl"
)
GATEWAY = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "echo.example",
    "Via": "1.1 traefik",
}
PAUSE = 0.6
"""Seconds between some of the requests, so that the diagram has a time line."""


def talk(live: Live, endpoint: str) -> None:
    """A client that falls back to the handshake and breaks rules, and a modern one that does not."""
    client = Talk(live, endpoint, **GATEWAY, Authorization=f"Bearer {TOKEN}", **{"User-Agent": "assistant/4.2"})
    client.modern("assistant", "server/discover")
    time.sleep(PAUSE)
    legacy = Talk(live, endpoint, **GATEWAY, Authorization=f"Bearer {TOKEN}", **{"User-Agent": "desk/0.9"})
    legacy.request("server/discover", {})
    legacy.open_session("desk", "0.9.1")
    legacy.request("tools/list")
    legacy.call("echo", message="hello")
    time.sleep(PAUSE)
    legacy.send({"jsonrpc": "2.0", "id": None, "method": "resources/list"})
    legacy.request("tools/call", {"name": "sendMail", "arguments": {}})
    legacy.request("prompts/list", accept="application/json")
    legacy.request("resources/templates/list", accept="*/*")
    time.sleep(4 * PAUSE)
    client.modern("assistant", "tools/list")
    client.modern("assistant", "tools/call", name="bearerDecode", arguments={})
    legacy.stream(4, PAUSE)
    legacy.send({"jsonrpc": "2.0", "id": 99, "method": "tools/list"}, mcp_session_id="0" * 32)
    legacy.call("healthProbe")


def shoot(browser: Browser, url: str, width: int, theme: str) -> Path:
    """One picture."""
    page = browser.new_page(viewport={"width": width, "height": SIZES[width]}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(url)
    page.get_by_text("live", exact=True).wait_for()
    if theme == "light":
        # How it began, beside the findings; in the dark how it went on, beside one exchange in full.
        page.locator(".sequence .scroll").evaluate("one => one.scrollTop = 0")
    else:
        rows(page, "echo 200 stream").click()
        page.locator(".detail .headers").first.wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    path = IMAGES / f"dashboard-{width}-{theme}.png"
    page.screenshot(path=path)
    page.close()
    return path


def shrink(path: Path) -> None:
    """Fewer colours, which a page of text does not need."""
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--output", path, "128", path], check=False)
    size = path.stat().st_size
    print(f"{path.name}: {size / 1000:.0f} kB")
    if size > MAX_BYTES:
        sys.exit(f"{path.name} is larger than {MAX_BYTES} bytes")


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("there is no chromium: apt-get install chromium")
    folder = Path(tempfile.mkdtemp())
    with (
        serving("stateful", folder, MCP_ECHO_INSTANCE="echo-1") as live,
        sync_playwright() as playwright,
    ):
        endpoint, dashboard = new_bin(live)
        talk(live, endpoint)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for width in SIZES:
            for theme in THEMES:
                shrink(shoot(browser, f"http://127.0.0.1:{live.port}{dashboard}", width, theme))
        browser.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
