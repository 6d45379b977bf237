// Where the lanes of the diagram are: the client, the gateway hops that left their names in headers, the server.

import { cut } from "./format.js";

const MAX_HOPS = 3;
const ADDRESS = /^"?\[?[0-9a-f]*[.:][0-9a-f.:]+\]?(:\d+)?"?$/i;
const PROTOCOL = /^(?:[A-Za-z]+\/)?\d(?:\.\d)?\s+/; // what Via puts before a name

/** The gateways an exchange went through.
 *
 * The first address is the client's own, as the first gateway saw it. A gateway that wrote it down and left no name is
 * a hop all the same.
 */
export function hopsOf(exchange) {
  const hops = (exchange.hops ?? []).map(String);
  const gateways = hops.length && ADDRESS.test(hops[0]) ? hops.slice(1) : hops;
  return hops.length && !gateways.length ? ["gateway"] : gateways;
}

export function lanesOf(exchanges, width) {
  const names = [];
  for (const exchange of exchanges) {
    for (const hop of hopsOf(exchange)) if (!names.includes(hop)) names.push(hop);
  }
  const shown = names.slice(0, MAX_HOPS);
  const narrow = width < 520;
  const client = narrow ? 72 : 96;
  const server = Math.max(client + 160, width - (narrow ? 26 : 40));
  const step = (server - client) / (shown.length + 1);
  const room = Math.floor((step - 12) / 6.2);
  const hops = shown.map((name, place) => ({
    name,
    x: Math.round(client + step * (place + 1)),
    label: cut(name.replace(PROTOCOL, ""), Math.max(6, room)),
  }));
  return { client, server, hops, width, narrow, more: names.length - shown.length };
}

/** Where along an arrow an exchange met a gateway. */
export function stopsOf(exchange, lanes) {
  const met = hopsOf(exchange);
  return lanes.hops.filter((hop) => met.includes(hop.name)).map((hop) => hop.x);
}
