// Taking the record elsewhere: as a file, or as a link under which others see it without learning the session's id.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Copy } from "./hooks.js";
import { addressOf } from "./format.js";

const FILES = [
  ["export.har", "HAR"],
  ["export.json", "JSON"],
  ["export.md", "Markdown"],
];
const REPORTS = [
  ["report.json", "JSON"],
  ["report.md", "Markdown"],
  ["report.junit", "JUnit"],
];

export function Exports({ base }) {
  const link = (what) => ([file, label]) => html`<li><a href="${base}/${file}" aria-label="${what} as ${label}">${label}</a></li>`;
  return html`<nav class="exports" aria-label="Export">
    <div><span class="quiet">Record</span><ul>${FILES.map(link("Record"))}</ul></div>
    <div><span class="quiet">Report</span><ul>${REPORTS.map(link("Report"))}</ul></div>
  </nav>`;
}

export function Share({ base }) {
  const [shared, setShared] = useState(null);
  const [problem, setProblem] = useState(null);
  const field = useRef(null);
  useEffect(() => shared && field.current?.select(), [shared]);
  const ask = async (path, method) => {
    setProblem(null);
    try {
      const answer = await fetch(`${base}/share${path}`, { method });
      if (answer.ok) return answer;
      setProblem(`status ${answer.status}`);
    } catch {
      setProblem("no connection");
    }
    return null;
  };
  const share = async () => {
    const answer = await ask("", "POST");
    if (answer) setShared(await answer.json());
  };
  const revoke = async () => {
    if (await ask(`/${encodeURIComponent(shared.key)}`, "DELETE")) setShared(null);
  };
  const link = shared && addressOf(shared.url);
  return html`<div class="share">
    ${!shared && html`<button type="button" onClick=${share}>Share</button>`}
    ${shared &&
    html`<label><span class="aside">Link to share</span><input ref=${field} type="text" readonly value=${link} /></label>
      <${Copy} text=${link} label="Copy" name="Copy the link" />
      <button type="button" class="small" onClick=${revoke}>Revoke</button>`}
    ${problem && html`<span class="problem" role="alert">${problem}</span>`}
  </div>`;
}
