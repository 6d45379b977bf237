// What the record adds up to.

import { html } from "./vendor/htm-preact.js";
import { base, bytes, duration, quantile, refused } from "./format.js";

export function Counters({ overview, exchanges, kept }) {
  const { session, dropped } = overview;
  const sum = (of) => exchanges.reduce((total, exchange) => total + (of(exchange) ?? 0), 0);
  const totals = [
    ["exchanges", exchanges.length],
    ["refused", exchanges.filter(refused).length],
    ["tool errors", exchanges.filter((exchange) => exchange.tool_error).length],
    ["streams open", exchanges.filter((exchange) => exchange.open).length],
    ["received", bytes(sum((exchange) => exchange.request_bytes))],
    ["sent", bytes(sum((exchange) => exchange.answer_bytes))],
    ["queue", session && `${session.queued} waiting`],
    ["lost from the queue", session && session.dropped_messages],
    ["requests of the session", session && session.requests],
    ["echoes kept", session && session.echoes],
    ["no longer kept", dropped || null],
  ];
  return html`<section class="panel counters" aria-labelledby="counters-title">
    <div class="title"><h2 id="counters-title">Counters</h2>${kept > exchanges.length && html`<span class="quiet">of ${base(exchanges, kept)}</span>`}</div>
    <dl class="facts">
      ${totals.filter(([, value]) => value != null).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
    ${exchanges.length > 0 && html`<${Methods} exchanges=${exchanges} />`}
  </section>`;
}

function Methods({ exchanges }) {
  const kinds = new Map();
  for (const exchange of exchanges) {
    const kind = String(exchange.kind);
    kinds.set(kind, [...(kinds.get(kind) ?? []), exchange]);
  }
  const rows = [...kinds].sort(([, a], [, b]) => b.length - a.length).slice(0, 12);
  const median = (those) => quantile(those.filter((each) => !each.stream && each.seconds != null).map((each) => each.seconds), 0.5);
  return html`<table class="figures">
    <thead><tr><th scope="col">method</th><th scope="col">count</th><th scope="col">refused</th><th scope="col">median</th></tr></thead>
    <tbody>
      ${rows.map(
        ([kind, those]) => html`<tr><th scope="row">${kind}</th><td>${those.length}</td><td>${those.filter(refused).length || ""}</td><td>${duration(median(those))}</td></tr>`,
      )}
    </tbody>
  </table>`;
}
