// What there is to see before anything has arrived: how to point a client here.

import { html } from "./vendor/htm-preact.js";
import { Copy } from "./hooks.js";
import { addressOf } from "./format.js";

export function Start({ endpoint }) {
  const url = addressOf(endpoint);
  const snippets = [
    ["A client with a configuration file", JSON.stringify({ mcpServers: { echo: { type: "http", url } } }, null, 2)],
    ["Claude Code", `claude mcp add --transport http echo ${url}`],
    ["This project's own client", `mcp-echo call ${url} echo message=hello`],
    ["curl", curl(url)],
  ];
  return html`<section class="panel start" aria-labelledby="start-title">
    <h2 id="start-title">Nothing has arrived yet. Point a client here:</h2>
    <p class="endpoint"><code>${url}</code> <${Copy} text=${url} label="Copy" name="Copy the address" /></p>
    <p class="quiet">Every exchange shows up on this page while it happens.</p>
    ${snippets.map(
      ([title, text]) => html`<div class="subtitle"><h3>${title}</h3><${Copy} text=${text} label="Copy" name="Copy: ${title}" /></div>
        <pre class="body" tabindex="0" aria-label=${title}>${text}</pre>`,
    )}
  </section>`;
}

function curl(url) {
  const message = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "curl", version: "1" } },
  };
  const headers = ["Content-Type: application/json", "Accept: application/json, text/event-stream"];
  return [`curl ${url}`, ...headers.map((header) => `-H '${header}'`), `-d '${JSON.stringify(message)}'`].join(" \\\n  ");
}
