// One exchange in full, as it is kept: credentials masked, long bodies cut.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Body } from "./body.js";
import { Credentials } from "./credentials.js";
import { Copy } from "./hooks.js";
import { answered, asked, bytes, clock, duration, moment, tone } from "./format.js";

const CATEGORIES = ["mcp", "auth", "forwarded", "custom", "standard"]; // what one looks for first comes first

export function ExchangeDetail({ base, exchange, focus, close, select }) {
  const { detail, problem } = useDetail(base, exchange.sequence);
  const heading = useRef(null);
  useEffect(() => focus && heading.current.focus(), [focus]);
  const shown = detail ?? exchange;
  return html`<section class="panel detail" aria-labelledby="detail-title">
    <div class="title">
      <h2 id="detail-title" tabindex="-1" ref=${heading}>#${exchange.sequence} ${asked(exchange)}</h2>
      <button type="button" class="small" onClick=${close}>Close</button>
    </div>
    <${Line} exchange=${shown} />
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${detail && html`<${Whole} detail=${detail} select=${select} />`}
  </section>`;
}

/** Fetched anew when the exchange has gone on: a stream's end has another number than its opening. */
function useDetail(base, sequence) {
  const [found, setFound] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    fetch(`${base}/exchanges/${sequence}`, { signal: stop.signal, cache: "no-store" })
      .then(async (answer) => {
        if (answer.ok) setFound({ sequence, detail: await answer.json() });
        else setFound({ sequence, problem: answer.status === 404 ? "This exchange is no longer kept." : `It could not be read: status ${answer.status}.` });
      })
      .catch((error) => error.name !== "AbortError" && setFound({ sequence, problem: "It could not be read: no connection." }));
    return () => stop.abort();
  }, [base, sequence]);
  return found.sequence === sequence ? found : {};
}

function Line({ exchange }) {
  const client = exchange.client;
  const facts = [
    ["answered", html`<span class="tone ${tone(exchange)}">${answered(exchange)}</span>`],
    ["took", exchange.open ? "stream, open" : duration(exchange.seconds)],
    ["arrived", html`<time title=${moment(exchange.at)}>${clock(exchange.at)}</time>`],
    ["request", html`<code>${exchange.http} ${exchange.path}${exchange.http_version ? ` HTTP/${exchange.http_version}` : ""}</code>`],
    ["id", exchange.id == null ? "none" : JSON.stringify(exchange.id)],
    ["revision", `${exchange.revision ?? "unknown"} (${exchange.era})`],
    ["session", exchange.session ?? "none"],
    ["instance", exchange.instance],
    ["connection", exchange.connection],
    ["size", `${exchange.unread ? `${bytes(exchange.declared)} announced, not read` : `${bytes(exchange.request_bytes)} in`}, ${bytes(exchange.answer_bytes)} out`],
    ["client", client ? `${client.name} ${client.version ?? ""}` : null],
    ["hops", exchange.hops?.length ? exchange.hops.join(" → ") : null],
    ["stream", exchange.ended_by ? `ended by ${exchange.ended_by}` : null],
  ];
  return html`<dl class="facts">
    ${facts.filter(([, value]) => value != null).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

function Whole({ detail, select }) {
  return html`
    <p class="actions">
      <${Copy} text=${detail.curl} label="Copy as curl" />
      <${Copy} text=${detail.httpx} label="Copy as httpx" />
    </p>
    ${detail.findings?.length > 0 &&
    html`<h3>What it shows</h3>
      <ul class="says">
        ${detail.findings.map((finding) => html`<li><span class="badge ${finding.weight ?? finding.level}">${finding.weight ?? finding.level}</span> ${finding.title} <code>${finding.rule}</code></li>`)}
      </ul>`}
    <${Body} title="Request body" text=${detail.request_body} truncated=${detail.request_truncated} size=${detail.request_bytes}
      unread=${detail.unread} declared=${detail.declared} />
    <${Body} title=${detail.stream ? "Answer, an event stream" : "Answer body"} text=${detail.answer_body} truncated=${detail.answer_truncated}
      size=${detail.answer_bytes} stream=${detail.stream} />
    ${detail.stream && html`<${Pieces} pieces=${detail.pieces ?? []} />`}
    <${RequestHeaders} headers=${detail.request_headers} />
    ${detail.credentials?.length > 0 && html`<${Credentials} credentials=${detail.credentials} at=${detail.at} select=${select} />`}
    <${AnswerHeaders} headers=${detail.answer_headers} />`;
}

function RequestHeaders({ headers }) {
  const sorted = [...headers].sort((a, b) => CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category));
  const [arrival, setArrival] = useState(false);
  const odd = headers.filter((header) => header.odd?.length).length;
  return html`<div class="subtitle">
      <h3>Request headers <span class="quiet">${headers.length}${odd > 0 ? `, ${odd} odd` : ""}</span></h3>
      <button type="button" class="small" aria-pressed=${arrival ? "true" : "false"} onClick=${() => setArrival(!arrival)}>In order of arrival</button>
    </div>
    <table class="headers">
      <thead class="aside"><tr><th>Name as it was written</th><th>Value</th><th>Category</th></tr></thead>
      <tbody>
        ${(arrival ? headers : sorted).map(
          ({ name, written, value, category, odd: oddities }) => html`<tr class=${oddities?.length ? "odd" : ""}>
            <th scope="row">${written ?? name}</th>
            <td>${value}${oddities?.map((oddity) => html`<span class="oddity">${oddity}</span>`)}</td>
            <td class="quiet">${category}</td>
          </tr>`,
        )}
      </tbody>
    </table>`;
}

function AnswerHeaders({ headers }) {
  return html`<h3>Answer headers <span class="quiet">${headers.length}</span></h3>
    <table class="headers">
      <thead class="aside"><tr><th>Name</th><th>Value</th></tr></thead>
      <tbody>${headers.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
    </table>`;
}

function Pieces({ pieces }) {
  return html`<h3>Timing of the stream <span class="quiet">${pieces.length} pieces</span></h3>
    <ol class="pieces">
      ${pieces.map(
        (piece, place) => html`<li><span class="took">${duration(piece.after)}</span> ${piece.what}
          ${place > 0 && html`<span class="quiet">${duration(piece.after - pieces[place - 1].after)} later</span>`}</li>`,
      )}
    </ol>`;
}
