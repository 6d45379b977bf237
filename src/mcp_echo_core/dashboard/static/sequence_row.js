// One exchange in the diagram: the request's arrow, and its answer or the pieces of its stream.

import { Component, html } from "./vendor/htm-preact.js";
import { answered, asked, cut, duration, offset, plural, span, tone } from "./format.js";
import { stopsOf } from "./lanes.js";

const REQUEST = 18; // from the top of a row to the request's arrow
const ANSWER = 20; // from there to the answer's
const PIECE = 16;
const BELOW = 12;
const FIRST_PIECES = 4; // of a stream that are drawn, and as many of its last
const LAST_PIECES = 2;
const LETTER = 6.3; // pixels, on average

export function heightOf(exchange) {
  const lines = exchange.stream ? shownPieces(exchange).length + 1 : 0;
  return REQUEST + ANSWER + lines * PIECE + BELOW;
}

/** Redrawn only when something about it has changed: there may be hundreds. */
export class Row extends Component {
  shouldComponentUpdate(next) {
    return ["exchange", "lanes", "began", "silence", "fallback", "selected"].some((name) => next[name] !== this.props[name]);
  }

  render({ exchange, lanes, began, silence, fallback, selected }) {
    const { client, server, width, narrow } = lanes;
    const height = heightOf(exchange);
    const broken = exchange.rules?.length ?? 0;
    const room = server - client - 16;
    const what = asked(exchange);
    const fell = fallback !== null && ` falls back, ${duration(fallback)} after discover`;
    return html`<g>
      ${silence !== null && html`<text class="silence" x=${(client + server) / 2} y="-7" text-anchor="middle">${span(silence)} later</text>`}
      <g class="row ${tone(exchange)} ${selected ? "selected" : ""}" data-key=${exchange.key}>
        <title>#${exchange.sequence} ${what}: ${answered(exchange)}, ${duration(exchange.seconds)}</title>
        <rect class="ground" x="0" y="0" width=${width} height=${height - 2} rx="3" />
        <text class="time" x="0" y=${REQUEST + 4}>${offset(exchange.at - began)}</text>
        ${broken > 0 && html`<circle class="broken ${exchange.level ?? "note"}" cx=${client - 12} cy=${REQUEST} r="4"><title>${plural(broken, "finding")}, at worst ${exchange.level}: ${exchange.rules.join(", ")}</title></circle>`}
        <${Arrow} from=${client} to=${server} y=${REQUEST} stops=${stopsOf(exchange, lanes)} />
        <text class="asked" x=${client + 8} y=${REQUEST - 5}>${cut(what, Math.floor(room / LETTER) - (fell ? 8 : 0))}<tspan class="note">${fell && !narrow ? fell : ""}</tspan></text>
        ${exchange.stream ? html`<${Stream} exchange=${exchange} lanes=${lanes} />` : html`<${Answer} exchange=${exchange} lanes=${lanes} />`}
      </g>
    </g>`;
  }
}

function Answer({ exchange, lanes }) {
  const { client, server } = lanes;
  const y = REQUEST + ANSWER;
  return html`<${Arrow} from=${server} to=${client} y=${y} stops=${stopsOf(exchange, lanes)} kind="answer" />
    <text class="answered" x=${server - 8} y=${y - 5} text-anchor="end">${answered(exchange)}, ${duration(exchange.seconds)}</text>`;
}

/** A stream is a bar on the server's lane; its pieces leave it one by one. */
function Stream({ exchange, lanes }) {
  const { client, server } = lanes;
  const pieces = shownPieces(exchange);
  const top = REQUEST + ANSWER + 2;
  const end = top + pieces.length * PIECE;
  return html`<rect class="bar ${exchange.open ? "open" : ""}" x=${server - 3} y=${REQUEST} width="6" height=${end + PIECE / 2 - REQUEST} />
    <text class="answered" x=${server - 10} y=${top - 6} text-anchor="end">${exchange.status} stream</text>
    ${pieces.map((piece, place) => {
      const y = top + place * PIECE + PIECE / 2;
      if (piece.left) return html`<text class="answered quiet" x=${server - 10} y=${y + 4} text-anchor="end">${piece.left} more</text>`;
      return html`<${Arrow} from=${server} to=${client} y=${y + 2} stops=${[]} kind="piece" />
        <text class="answered" x=${server - 10} y=${y - 2} text-anchor="end">${cut(piece.what, 30)} ${duration(piece.after)}</text>`;
    })}
    <text class="answered" x=${server - 10} y=${end + PIECE / 2 + 3} text-anchor="end">${ending(exchange)}</text>`;
}

function ending(exchange) {
  if (exchange.open) return "open";
  return exchange.ended_by ? `ended by ${exchange.ended_by}, ${duration(exchange.seconds)}` : duration(exchange.seconds);
}

function shownPieces(exchange) {
  const pieces = exchange.pieces ?? [];
  if (pieces.length <= FIRST_PIECES + LAST_PIECES + 1) return pieces;
  const left = pieces.length - FIRST_PIECES - LAST_PIECES;
  return [...pieces.slice(0, FIRST_PIECES), { left }, ...pieces.slice(-LAST_PIECES)];
}

function Arrow({ from, to, y, stops, kind = "request" }) {
  const way = to > from ? 1 : -1;
  return html`<g class="arrow ${kind}">
    <line x1=${from} x2=${to - way * 6} y1=${y} y2=${y} />
    <path d="M${to - way} ${y} l${-way * 7} -3.5 v7 z" />
    ${stops.map((x) => html`<circle cx=${x} cy=${y} r="2.5" />`)}
  </g>`;
}
