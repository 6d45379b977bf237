// What may be told of the credentials an exchange carried: never themselves.

import { html } from "./vendor/htm-preact.js";
import { Json } from "./json.js";
import { Links } from "./links.js";
import { moment, span } from "./format.js";

const WIDTH = 420;
const LEFT = 14;
const RIGHT = WIDTH - 14;

export function Credentials({ credentials, at, select }) {
  return html`<h3>Credentials</h3>
    ${credentials.map(
      (credential) => html`<div class="credential">
        <p><code>${credential.header}</code> ${credential.scheme} <span class="quiet">fingerprint ${credential.fingerprint}</span></p>
        ${credential.same_as?.length > 0 &&
        html`<p class="quiet">The same as in <${Links} sequences=${credential.same_as} select=${select} /></p>`}
        ${credential.times?.length > 0 && html`<${TimeLine} times=${credential.times} at=${at} />`}
        ${credential.token_header && html`<pre class="body" tabindex="0" aria-label="Token header"><${Json} text=${JSON.stringify(credential.token_header)} /></pre>`}
        ${credential.claims && html`<pre class="body" tabindex="0" aria-label="Token claims, not verified"><${Json} text=${JSON.stringify(credential.claims)} /></pre>`}
      </div>`,
    )}`;
}

/** When the token was issued, became valid, expires, and when it was used; the words below say the same. */
function TimeLine({ times, at }) {
  const dated = times.filter((time) => Number.isFinite(time.at));
  const all = [...dated.map((time) => time.at), at];
  const first = Math.min(...all);
  const last = Math.max(...all);
  const x = (moment) => (last > first ? LEFT + ((moment - first) / (last - first)) * (RIGHT - LEFT) : WIDTH / 2);
  const expires = dated.find((time) => time.claim === "exp")?.at;
  const begins = dated.find((time) => time.claim === "nbf")?.at ?? dated.find((time) => time.claim === "iat")?.at ?? first;
  const over = expires !== undefined && at > expires;
  return html`<svg class="timeline ${over ? "over" : ""}" aria-hidden="true" viewBox="0 0 ${WIDTH} 46">
      <line x1=${LEFT} x2=${RIGHT} y1="22" y2="22" />
      ${expires > begins && html`<line class="valid" x1=${x(begins)} x2=${x(expires)} y1="22" y2="22" />`}
      ${dated.map((time) => html`<g><circle cx=${x(time.at)} cy="22" r="3.5" /><text x=${x(time.at)} y="40" text-anchor=${anchor(x(time.at))}>${time.claim}</text></g>`)}
      <path class="used" d="M${x(at)} 18 l-4 -7 h8 z" /><text x=${x(at)} y="8" text-anchor=${anchor(x(at))}>used</text>
    </svg>
    <ul class="says">
      ${times.map((time) => html`<li><code>${time.claim}</code> ${Number.isFinite(time.at) ? moment(time.at) : "not a date"}${time.says ? `, ${time.says}` : Number.isFinite(time.at) ? `, ${span(Math.abs(time.at - at))} ${time.at < at ? "before" : "after"} it was used` : ""}</li>`)}
    </ul>`;
}

function anchor(x) {
  if (x < WIDTH / 4) return "start";
  return x > (WIDTH * 3) / 4 ? "end" : "middle";
}
