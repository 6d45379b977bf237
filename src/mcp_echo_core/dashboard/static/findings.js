// Which rules of its own revision the client breaks, and, apart from that, what lies between it and the server.

import { html } from "./vendor/htm-preact.js";
import { Links } from "./links.js";
import { plural } from "./format.js";

const LEVELS = [
  ["must", "MUST"],
  ["should", "SHOULD"],
  ["suspicion", "Suspicions"],
  ["note", "Notes"],
];

export function Findings({ report, select }) {
  const findings = report.findings ?? [];
  return html`<section class="panel findings" aria-labelledby="findings-title">
    <div class="title"><h2 id="findings-title">Findings</h2><span class="quiet">about the client</span></div>
    ${report.refused && html`<p>Nothing could be judged: ${report.refused}</p>`}
    ${!findings.length && !report.refused && html`<p class="quiet">No rule of its revision is broken ${report.complete === false ? report.scope : "so far"}.</p>`}
    ${report.complete === false && html`<p class="quiet">This speaks only of what is kept, and rules about a beginning are silent.</p>`}
    ${report.replayed > 0 && html`<p class="quiet">Replayed by hand, and not judged: ${report.replayed}</p>`}
    ${LEVELS.map(([level, title]) => {
      const these = findings.filter((finding) => (finding.weight ?? finding.level) === level);
      return these.length > 0 && html`<h3 class=${level}>${title} <span class="quiet">${these.length}</span></h3>
        ${these.map((finding) => html`<${Finding} key=${`${finding.rule} ${finding.revision} ${finding.weight}`} finding=${finding} select=${select} />`)}`;
    })}
  </section>`;
}

function Finding({ finding, select }) {
  const { rule, level, weight = level, revision, certainty, title, says, count, evidence, fix, spec } = finding;
  return html`<details class="finding ${weight}" open=${weight === "must"}>
    <summary><span>${title}</span>${count > 1 && html`<span class="quiet"> ${count} times</span>`}</summary>
    <p class="quiet"><code>${rule}</code> ${weight === "suspicion" ? `${level.toUpperCase()}, ` : ""}revision ${revision}${certainty && certainty !== "certain" ? `, ${certainty}` : ""}</p>
    <ul class="says">
      ${(says ?? []).slice(0, 5).map((sentence) => html`<li>${sentence}</li>`)}
      ${says?.length > 5 && html`<li class="quiet">and ${plural(count - 5, "more case")}</li>`}
    </ul>
    <dl class="facts wide">
      <div><dt>fix</dt><dd>${fix}</dd></div>
      <div><dt>spec</dt><dd>${(spec ?? []).join("; ")}</dd></div>
      <div><dt>seen in</dt><dd><${Links} sequences=${evidence} select=${select} /></dd></div>
    </dl>
  </details>`;
}

export function Gateway({ observations, select }) {
  return html`<section class="panel gateway" aria-labelledby="gateway-title">
    <div class="title"><h2 id="gateway-title">On the way here</h2><span class="quiet">no fault of the client</span></div>
    ${!observations.length && html`<p class="quiet">Nothing shows that a gateway lies between.</p>`}
    ${observations.map(
      ({ id, title, says, meaning, basis, evidence }) => html`<details class="finding" key=${id}>
        <summary><span>${title}</span></summary>
        <p class="quiet"><code>${id}</code></p>
        <ul class="says">${[says ?? []].flat().map((sentence) => html`<li>${sentence}</li>`)}</ul>
        <dl class="facts wide">
          <div><dt>means</dt><dd>${meaning}</dd></div>
          <div><dt>basis</dt><dd>${basis}</dd></div>
          ${evidence?.length > 0 && html`<div><dt>seen in</dt><dd><${Links} sequences=${evidence} select=${select} /></dd></div>`}
        </dl>
      </details>`,
    )}
  </section>`;
}
