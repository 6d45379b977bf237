// The list of exchanges: the conversation in words, filtered, and walked through with the arrow keys.

import { Component, html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Ticking, useFollow } from "./hooks.js";
import { answered, asked, base, clock, duration, keyOf, refused, span, tone } from "./format.js";

const NOTHING = { text: "", refused: false, findings: false, kind: "" };
const PAGE = 10; // rows that Page Up and Page Down go

export function Exchanges({ exchanges, kept, skew, selected, active, activate, open }) {
  const [filter, setFilter] = useState(NOTHING);
  const shown = exchanges.filter((exchange) => passes(exchange, filter));
  const { part, following, scrolled, follow } = useFollow(`${shown.length} ${shown.at(-1)?.sequence}`);
  const place = shown.findIndex((exchange) => keyOf(exchange) === active);
  const go = (to) => {
    const target = shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (target) activate(keyOf(target));
  };
  useActiveInSight(part, active);
  const pressed = (event) => {
    const from = place < 0 ? shown.length - 1 : place;
    const steps = { ArrowUp: from - 1, ArrowDown: place < 0 ? from : from + 1, Home: 0, End: shown.length - 1, PageUp: from - PAGE, PageDown: from + PAGE };
    if (event.key in steps) go(steps[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && place >= 0) open(active);
    else return;
    event.preventDefault();
  };
  return html`<section class="panel exchanges" aria-labelledby="exchanges-title">
    <div class="title">
      <h2 id="exchanges-title">Exchanges</h2>
      <span class="quiet">${shown.length === exchanges.length ? "" : `${shown.length} of `}${base(exchanges, kept)}</span>
      ${!following && html`<button type="button" class="small" onClick=${follow}>Follow</button>`}
    </div>
    <${Filters} filter=${filter} set=${setFilter} kinds=${kindsOf(exchanges)} />
    <div class="columns" aria-hidden="true"><span>#</span><span>time</span><span>asked</span><span>answered</span><span>took</span><span></span></div>
    <div class="scroll list" ref=${part} onScroll=${scrolled} onKeyDown=${pressed} tabindex="0" role="listbox"
      aria-label="Exchanges, newest last" aria-activedescendant=${place >= 0 ? rowId(shown[place]) : undefined}>
      ${shown.map(
        (exchange) => html`<${Row} key=${keyOf(exchange)} exchange=${exchange} skew=${skew} active=${keyOf(exchange) === active}
          selected=${keyOf(exchange) === selected} open=${open} />`,
      )}
    </div>
    ${!shown.length && html`<p class="quiet">${exchanges.length ? "No exchange passes the filter." : "Nothing has arrived yet."}</p>`}
  </section>`;
}

function Filters({ filter, set, kinds }) {
  const change = (name, value) => set({ ...filter, [name]: value });
  return html`<div class="filters" role="search" aria-label="Filter exchanges">
    <input type="search" placeholder="Filter" aria-label="Text in an exchange" value=${filter.text}
      onInput=${(event) => change("text", event.target.value)} />
    <select aria-label="Method" value=${filter.kind} onChange=${(event) => change("kind", event.target.value)}>
      <option value="">all methods</option>
      ${kinds.map((kind) => html`<option value=${kind}>${kind}</option>`)}
    </select>
    <label><input type="checkbox" checked=${filter.refused} onChange=${(event) => change("refused", event.target.checked)} /> refused</label>
    <label><input type="checkbox" checked=${filter.findings} onChange=${(event) => change("findings", event.target.checked)} /> with findings</label>
  </div>`;
}

/** Scrolls by hand: scrollIntoView would move the page as well. */
function useActiveInSight(part, active) {
  const before = useRef(active);
  useEffect(() => {
    const moved = before.current !== active;
    before.current = active;
    const row = moved && part.current?.querySelector(".active");
    if (!row) return;
    const { top, bottom } = row.getBoundingClientRect();
    const view = part.current.getBoundingClientRect();
    if (top < view.top) part.current.scrollTop -= view.top - top;
    else if (bottom > view.bottom) part.current.scrollTop += bottom - view.bottom;
  });
}

/** Redrawn only when something about it has changed: there may be hundreds. */
class Row extends Component {
  shouldComponentUpdate(next) {
    return ["exchange", "active", "selected", "skew"].some((name) => next[name] !== this.props[name]);
  }

  render({ exchange, skew, active, selected, open }) {
    const broken = exchange.rules?.length ?? 0;
    const took = exchange.open
      ? html`<${Ticking} skew=${skew} says=${(now) => span(now - exchange.at)} />`
      : duration(exchange.seconds);
    return html`<div id=${rowId(exchange)} role="option" aria-selected=${selected ? "true" : "false"} data-key=${exchange.key}
      class="item ${tone(exchange)} ${active ? "active" : ""} ${selected ? "selected" : ""}" onClick=${() => open(keyOf(exchange))}>
      <span class="number">${exchange.sequence}</span>
      <span class="when">${clock(exchange.at)}</span>
      <span class="asked" title=${`${exchange.http} ${exchange.path}`}>${asked(exchange)}</span>
      <span class="answered">${answered(exchange)}${exchange.stream ? (exchange.open ? " stream, open" : " stream") : ""}</span>
      <span class="took">${took}</span>
      <span class="marks">${broken > 0 && html`<span class="badge ${exchange.level ?? "note"}" title="${exchange.level}: ${exchange.rules.join(", ")}">${broken}<span class="aside"> findings, at worst ${exchange.level}</span></span>`}</span>
    </div>`;
  }
}

function rowId(exchange) {
  return `exchange-${keyOf(exchange).replace(/[^\w-]/g, "-")}`;
}

function kindsOf(exchanges) {
  return [...new Set(exchanges.map((exchange) => String(exchange.kind)))].sort();
}

function passes(exchange, filter) {
  if (filter.refused && !refused(exchange)) return false;
  if (filter.findings && !exchange.rules?.length) return false;
  if (filter.kind && exchange.kind !== filter.kind) return false;
  const wanted = filter.text.trim().toLowerCase();
  return !wanted || textOf(exchange).includes(wanted);
}

function textOf({ sequence, http, path, kind, name, id, status, code, era, revision, session, instance, connection, hops, rules, client }) {
  const all = [`#${sequence}`, http, path, kind, name, id, status, code, era, revision, session, instance, connection, client?.name];
  return [...all, ...(hops ?? []), ...(rules ?? [])].join(" ").toLowerCase();
}
