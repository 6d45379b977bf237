// Numbers of exchanges that open them.

import { html } from "./vendor/htm-preact.js";

const MAX_LINKS = 24;

export function Links({ sequences, select }) {
  const all = sequences ?? [];
  const left = all.length - MAX_LINKS;
  return html`${all.slice(0, MAX_LINKS).map(
    (sequence) => html`<button type="button" class="link" aria-label="Exchange ${sequence}" onClick=${() => select(sequence)}>#${sequence}</button> `,
  )}${left > 0 && html`<span class="quiet">and ${left} more</span>`}`;
}
