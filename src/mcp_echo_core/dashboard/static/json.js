// JSON written on many lines with every number, escape and duplicate member as it was sent, which parsing would lose.

import { html } from "./vendor/htm-preact.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;
const MAX_DEPTH = 40; // indentation stops to grow there

/** The pieces of a JSON text, each with its class; ``null`` when it is not JSON (cut off, for example). */
export function pieces(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(TOKEN) ?? [];
  const out = [];
  let depth = 0;
  const line = () => out.push(["", `\n${"  ".repeat(Math.min(depth, MAX_DEPTH))}`]);
  tokens.forEach((token, place) => {
    const empty = (token === "{" || token === "[") && "}]".includes(tokens[place + 1]);
    const wasEmpty = (token === "}" || token === "]") && "{[".includes(tokens[place - 1]);
    if (token === "}" || token === "]") {
      depth -= 1;
      if (!wasEmpty) line();
    }
    out.push([classOf(token, tokens[place + 1]), token === ":" ? ": " : token]);
    if (token === "{" || token === "[") {
      depth += 1;
      if (!empty) line();
    } else if (token === ",") line();
  });
  return out;
}

export function Json({ text }) {
  const found = pieces(text);
  if (!found) return text;
  return found.map(([kind, token]) => (kind ? html`<span class=${kind}>${token}</span>` : token));
}

function classOf(token, next) {
  if (token[0] === '"') return next === ":" ? "name" : "string";
  return /[{}[\],:]/.test(token) ? "" : "value";
}
