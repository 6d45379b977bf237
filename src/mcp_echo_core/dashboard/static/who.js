// Who is talking, how long the session lasts, and the verdict: what one sees first.

import { html } from "./vendor/htm-preact.js";
import { Ticking } from "./hooks.js";
import { clock, cut, plural, span } from "./format.js";

const CONNECTIONS = {
  connecting: "connecting…",
  live: "live",
  reconnecting: "reconnecting…",
  "too-slow": "too slow: reload",
  gone: "gone",
  refused: "not allowed",
};

const EXPLAINED = {
  "too-slow": "This page did not keep up with the exchanges and was dropped. Reload it to go on.",
  gone: "The record is no longer kept: its session has ended, or made room for others. What is below is the last that was seen.",
  refused: "The server wants a token: open the page once with ?token= at the end of its address.",
};

const TAKEN_BACK = "This link shows nothing any more: it was taken back, or the record is no longer kept. What is below is the last that was seen.";

export function Connection({ connection, problem, over = false }) {
  const ended = over && connection === "live";
  return html`<span class="connection ${ended ? "over" : connection}" role="status" title=${problem ?? ""}>${ended ? "session ended" : CONNECTIONS[connection]}</span>`;
}

export function Trouble({ connection, shared = location.pathname.includes("/dashboard/view/") }) {
  if (!EXPLAINED[connection]) return null;
  const gone = shared && connection === "gone";
  const reload = html`<button type="button" class="small" onClick=${() => location.reload()}>Reload</button>`;
  return html`<p class="trouble">${gone ? TAKEN_BACK : EXPLAINED[connection]} ${connection !== "refused" && reload}</p>`;
}

export function Verdict({ report }) {
  const { must, should, suspicions, notes, refused, scope } = report;
  const broken = [must && `${must} MUST`, should && `${should} SHOULD`].filter(Boolean);
  const suspected = suspicions > 0 && plural(suspicions, "suspicion");
  const faults = [...(broken.length ? broken : ["no rule broken"]), suspected].filter(Boolean).join(", ");
  const clean = !broken.length && !suspected;
  const verdict = refused || (!scope ? "nothing to judge yet" : clean ? `${faults} ${scope}` : faults);
  const tone = refused ? "unheard" : must ? "must" : should ? "should" : suspected ? "suspicion" : scope ? "clean" : "none";
  const more = refused ? [] : [!clean && scope, notes > 0 && plural(notes, "note")];
  return html`<p class="verdict ${tone}" aria-live="polite" aria-atomic="true">
    <strong>${verdict}</strong>
    <span class="quiet">${more.filter(Boolean).join(", ")}</span>
  </p>`;
}

export function Who({ overview, exchanges, skew }) {
  const { session, server, report } = overview;
  const latest = exchanges.at(-1);
  const told = [...(report.clients ?? [])].reverse();
  const client = session?.client?.name ? session.client : (latest?.client ?? told[0]);
  const others = new Set(told.map(({ name, version }) => `${name} ${version}`)).size - 1;
  const eras = [...new Set(exchanges.map((exchange) => exchange.era))];
  const revisions = [...new Set(exchanges.map((exchange) => exchange.revision).filter(Boolean))];
  const instances = [...new Set(exchanges.map((exchange) => exchange.instance))];
  const facts = [
    ["client", client ? html`<bdi>${cut(client.name, 60)}</bdi> <span class="quiet">${cut(client.version ?? "", 30)}</span>${others > 0 ? ` +${others}` : ""}` : "has not said"],
    ["era", eras.length ? html`${eras.map((era) => html`<span class="badge era ${era}">${era}</span> `)}` : "–"],
    ["revision", (revisions.length > 2 ? `${revisions.at(-1)} and ${revisions.length - 1} others` : revisions.join(", ")) || session?.version || "–"],
    ["session", session && html`<${Ticking} skew=${skew} says=${(now) => age(session, now)} />`],
    ["expires", session && html`<${Ticking} skew=${skew} says=${(now) => expiry(session, now)} />`],
    ["first seen", !session && exchanges.length ? html`<${Ticking} skew=${skew} says=${(now) => `${span(now - exchanges[0].at)} ago`} />` : null],
    ["last seen", latest ? html`<${Ticking} skew=${skew} says=${(now) => `${span(now - latest.at)} ago`} />` : null],
    ["answered by", instances.length ? (instances.length > 1 ? `${instances.length} instances` : instances[0]) : server.instance],
    ["server", `${server.variant} ${server.version}`],
  ];
  return html`<dl class="facts who">
    ${facts.filter(([, value]) => value != null && value !== false).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

function age(session, now) {
  if (session.ended) return `ended at ${clock(session.ended.at).slice(0, 8)}, ${session.ended.reason}`;
  if (session.alive === false) return "ended";
  return `${span(now - session.created)} old${session.initialized === false ? ", not initialized" : ""}`;
}

function expiry(session, now) {
  if (session.ended || session.alive === false) return "–";
  if (session.expires == null) return "never";
  return session.expires > now ? `in ${span(session.expires - now)}` : "now";
}
