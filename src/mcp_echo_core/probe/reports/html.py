"""The report as one page without scripts or anything to load: the Markdown report, with a style sheet."""

import base64
import hashlib
from html import escape

from markdown_it import MarkdownIt

from mcp_echo_core.probe.reports import markdown
from mcp_echo_core.probe.runner import Report

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
code { font: .875em ui-monospace, monospace; background: var(--soft); }
pre { padding: .75rem; overflow-x: auto; background: var(--soft); }
pre code { background: none; }
"""

POLICY = f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
"""The page may use its own style sheet and load nothing."""


def render(report: Report) -> str:
    """The report as HTML."""
    writer = MarkdownIt("commonmark", {"html": False}).enable("table")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>MCP probe of {escape(report.url)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{writer.render(markdown.render(report))}</body>\n</html>\n"
    )
