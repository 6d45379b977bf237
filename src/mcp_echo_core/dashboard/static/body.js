// A body: as it was sent, or as JSON on many lines.

import { html, useState } from "./vendor/htm-preact.js";
import { Copy } from "./hooks.js";
import { Json, pieces } from "./json.js";
import { bytes } from "./format.js";

export function Body({ title, text, truncated, size, stream = false, unread = "", declared = null }) {
  const [raw, setRaw] = useState(false);
  const announced = declared ? `, ${bytes(declared)} announced` : "";
  if (!text) return html`<h3>${title} <span class="quiet">${unread ? `not read: ${unread}${announced}` : "empty"}</span></h3>`;
  const readable = stream || pieces(text) !== null;
  const choice = (wanted, label) =>
    html`<button type="button" class="small" aria-label="${title}: ${label}" aria-pressed=${raw === wanted ? "true" : "false"} onClick=${() => setRaw(wanted)}>${label}</button>`;
  return html`<div class="subtitle">
      <h3>${title} <span class="quiet">${bytes(size)}${truncated ? ", cut" : readable ? "" : ", not JSON"}</span></h3>
      ${readable && html`<span class="choice" role="group" aria-label="How to show it">${choice(false, "Pretty")}${choice(true, "Raw")}</span>`}
      <${Copy} text=${text} label="Copy" name="Copy: ${title}" />
    </div>
    <pre class="body" tabindex="0" aria-label=${title}>${!readable || raw ? text : stream ? html`<${Events} text=${text} />` : html`<${Json} text=${text} />`}</pre>`;
}

/** The lines of an event stream, with what they carry as JSON on many lines. */
function Events({ text }) {
  return text.trimEnd().split(/(?<=\r?\n)/).map((line) => {
    const [, field, data] = /^(data: ?)(.*)$/s.exec(line) ?? [];
    return data && pieces(data.trim())?.length > 1 ? [html`<span class="field">${field}</span>`, html`<${Json} text=${data.trim()} />`, line.endsWith("\n") && "\n"] : line;
  });
}
