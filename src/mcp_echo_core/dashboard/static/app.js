// The page of one session or bin. Everything that is shown came from a stranger: it is written as text, never as markup.

import { html, render, useCallback, useEffect, useState } from "./vendor/htm-preact.js";
import { Counters } from "./counters.js";
import { ExchangeDetail } from "./exchange.js";
import { Exchanges } from "./exchanges.js";
import { EMPTY, Feed } from "./feed.js";
import { Findings, Gateway } from "./findings.js";
import { Latency } from "./plot.js";
import { Sequence } from "./sequence.js";
import { Exports, Share } from "./sharing.js";
import { Start } from "./start.js";
import { Connection, Trouble, Verdict, Who } from "./who.js";
import { cut, keyOf, plural } from "./format.js";

const BASE = location.pathname.replace(/\/+$/, "");

function App() {
  const [state, setState] = useState(EMPTY);
  useEffect(() => new Feed(BASE, setState).start(), []);
  const { overview, connection, problem } = state;
  useTitle(state);
  if (!overview) {
    return html`<header class="top"><div class="bar"><h1>mcp-echo</h1><${Connection} ...${{ connection, problem }} /></div></header>
      <main><${Trouble} connection=${connection} /></main>`;
  }
  return html`<${Page} state=${state} />`;
}

function Page({ state }) {
  const { overview, exchanges, skew, connection, problem } = state;
  const { subject, report } = overview;
  const { active, selected, focus, activate, open, select, close } = useSelection(exchanges);
  const chosen = exchanges.find((exchange) => keyOf(exchange) === selected);
  const kept = Math.max((report.exchanges ?? 0) + (report.replayed ?? 0), exchanges.length);
  const kind = subject.shared ? `shared ${subject.kind}` : subject.kind;
  return html`<header class="top">
      <div class="bar">
        <h1>mcp-echo <span class="quiet">${kind}</span> ${!subject.shared && html`<code title=${subject.id}>${cut(subject.id, 24)}</code>`}</h1>
        <${Connection} ...${{ connection, problem, over: overview.session?.alive === false }} />
        <${Exports} base=${BASE} />
        ${!subject.shared && html`<${Share} base=${BASE} />`}
      </div>
      <${Trouble} connection=${connection} />
      <div class="first">
        <${Verdict} report=${report} />
        <${Who} overview=${overview} exchanges=${exchanges} skew=${skew} />
      </div>
    </header>
    <main class=${exchanges.length ? "" : "empty"}>
      ${!exchanges.length && html`<${Start} endpoint=${subject.endpoint} />`}
      ${exchanges.length > 0 &&
      html`<div class="left">
          <${Sequence} exchanges=${exchanges} unseen=${kept - exchanges.length} selected=${selected} select=${open} />
          <${Exchanges} ...${{ exchanges, kept, skew, selected, active, activate, open }} />
        </div>
        <div class="right">
          ${chosen && html`<${ExchangeDetail} base=${BASE} exchange=${chosen} focus=${focus} close=${close} select=${select} />`}
          <${Findings} report=${report} select=${select} />
          <${Gateway} observations=${overview.gateway ?? []} select=${select} />
          <${Counters} overview=${overview} exchanges=${exchanges} kept=${kept} />
        </div>
        <div class="below"><${Latency} exchanges=${exchanges} /></div>`}
    </main>`;
}

/** Which exchange the arrow keys are on, and which is open; they move together while one is open. */
function useSelection(exchanges) {
  const [{ active, selected, focus }, set] = useState({ active: null, selected: null, focus: 0 });
  const activate = useCallback((key) => set((now) => ({ ...now, active: key, selected: now.selected && key })), []);
  const open = useCallback((key) => set((now) => ({ active: key, selected: key, focus: now.focus + 1 })), []);
  const select = (sequence) => {
    const found = exchanges.find((exchange) => exchange.sequence === sequence);
    if (found) open(keyOf(found));
  };
  const close = () => {
    set((now) => ({ ...now, selected: null }));
    document.querySelector("[role=listbox]")?.focus({ preventScroll: true });
  };
  useEffect(() => {
    const pressed = (event) => event.key === "Escape" && selected && close();
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [selected]);
  return { active, selected, focus, activate, open, select, close };
}

function useTitle({ overview, connection }) {
  const { must = 0, should = 0, suspicions = 0 } = overview?.report ?? {};
  const verdict = must || should ? `${must} MUST, ${should} SHOULD` : suspicions ? plural(suspicions, "suspicion") : connection;
  useEffect(() => {
    document.title = `${verdict} – mcp-echo`;
  }, [verdict]);
}

render(html`<${App} />`, document.getElementById("page"));
