// The conversation as a sequence diagram: time runs down, newest at the bottom.
//
// For those who see it. The list of exchanges says the same in words and is what the keyboard works on.

import { html, useRef, useState } from "./vendor/htm-preact.js";
import { useFollow, useWidth } from "./hooks.js";
import { keyOf, plural, refused } from "./format.js";
import { lanesOf } from "./lanes.js";
import { Row, heightOf } from "./sequence_row.js";

const GAP = 2; // seconds of silence that are worth a line of their own
const GAP_HEIGHT = 22;
const TOP = 6;
const MARGIN = 1500; // pixels around what is in sight that are drawn as well

export function Sequence({ exchanges, unseen, selected, select }) {
  const [box, width] = useWidth(640);
  const last = exchanges.at(-1);
  const { part, following, scrolled, follow } = useFollow(last && `${last.sequence} ${exchanges.length} ${width}`);
  const lanes = useSteady(lanesOf(exchanges, width));
  const { rows, height } = placed(exchanges);
  const [middle, setMiddle] = useState(0);
  const around = following ? height : middle;
  const drawn = rows.filter(({ y }) => Math.abs(y - around) < MARGIN);
  const moved = () => {
    scrolled();
    setMiddle(part.current.scrollTop + part.current.clientHeight / 2);
  };
  const began = useRef(exchanges[0]?.at ?? 0);
  const pick = (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) select(key);
  };
  return html`<section class="panel sequence" aria-labelledby="sequence-title">
    <div class="title">
      <h2 id="sequence-title">Conversation</h2>
      ${unseen > 0 && html`<span class="quiet">${plural(unseen, "earlier exchange")} not shown</span>`}
      ${!following && html`<button type="button" class="small" onClick=${follow}>Follow</button>`}
    </div>
    <div ref=${box}>
      <${Heads} lanes=${lanes} first=${exchanges[0]} />
      <div class="scroll" ref=${part} onScroll=${moved} tabindex="0" role="region" aria-label="Sequence diagram">
        <svg role="img" aria-label="Sequence diagram of ${plural(exchanges.length, "exchange")}; the list Exchanges says the same in words"
          width=${width} height=${height} viewBox="0 0 ${width} ${height}" onClick=${pick}>
          <${Lines} lanes=${lanes} height=${height} />
          ${drawn.map(
            // The place is kept out of the row: when old ones leave, all move up and none is redrawn.
            ({ exchange, y, silence, fallback }) => html`<g key=${keyOf(exchange)} transform="translate(0 ${y})">
              <${Row} exchange=${exchange} lanes=${lanes} began=${began.current} silence=${silence} fallback=${fallback}
                selected=${keyOf(exchange) === selected} />
            </g>`,
          )}
        </svg>
      </div>
    </div>
  </section>`;
}

/** Where each exchange is drawn, after how long a silence, and whether a client falls back to the handshake with it. */
function placed(exchanges) {
  let y = TOP;
  let quietSince = Infinity;
  let discovered = null;
  const rows = [];
  for (const exchange of exchanges) {
    const silence = exchange.at - quietSince;
    const shown = silence >= GAP ? silence : null;
    if (shown !== null) y += GAP_HEIGHT;
    const fallback = exchange.kind === "initialize" && discovered !== null ? exchange.at - discovered : null;
    rows.push({ exchange, y, silence: shown, fallback });
    y += heightOf(exchange);
    // The stream that a GET holds open is silent most of the time.
    const busy = exchange.http === "GET" ? 0 : (exchange.seconds ?? 0);
    quietSince = Math.max(Number.isFinite(quietSince) ? quietSince : 0, exchange.at + busy);
    if (exchange.kind === "server/discover" && refused(exchange)) discovered = exchange.at;
    else if (exchange.kind === "server/discover" || exchange.kind === "initialize") discovered = null;
  }
  return { rows, height: y + TOP };
}

/** The same object as long as nothing about the lanes has changed, so that rows can tell that they need not be redrawn. */
function useSteady(lanes) {
  const drawn = useRef(lanes);
  if (JSON.stringify(drawn.current) !== JSON.stringify(lanes)) drawn.current = lanes;
  return drawn.current;
}

function Heads({ lanes, first }) {
  const { client, server, hops, width, narrow, more } = lanes;
  const address = (first?.hops ?? [])[0];
  return html`<svg class="heads" aria-hidden="true" width=${width} height="22" viewBox="0 0 ${width} 22">
    <text x="0" y="15" class="quiet">${narrow ? "s" : "seconds"}</text>
    <text x=${client} y="15" text-anchor="middle"><title>${address ?? "client"}</title>client</text>
    ${hops.map(
      ({ x, name, label }, place) => html`<text x=${x} y="15" text-anchor="middle"><title>${name}</title>${label}${
        more > 0 && place === hops.length - 1 ? ` +${more}` : ""
      }</text>`,
    )}
    <text x=${narrow ? width : server} y="15" text-anchor=${narrow ? "end" : "middle"}>server</text>
  </svg>`;
}

function Lines({ lanes, height }) {
  const all = [lanes.client, ...lanes.hops.map((hop) => hop.x), lanes.server];
  return all.map((x) => html`<line class="lane" x1=${x} x2=${x} y1="0" y2=${height} />`);
}
