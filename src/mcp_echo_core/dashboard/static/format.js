// How figures and names are written, everywhere the same.

export const MIDDOT = " · ";

/** Seconds as people read them: 0.4 ms, 38 ms, 2.04 s, 3 min 5 s, 2 h 10 min. */
export function duration(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const milliseconds = seconds * 1000;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : span(seconds);
}

/** Whole seconds in at most two units, for what counts up or down while one looks at it. */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** The time of day of a moment, to the millisecond. */
export function clock(at) {
  const date = new Date(at * 1000);
  const pad = (number, digits) => String(number).padStart(digits, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((number) => pad(number, 2)).join(":");
  return `${time}.${pad(date.getMilliseconds(), 3)}`;
}

/** A moment in UTC, to the second. */
export function moment(at) {
  return Number.isFinite(at) && Math.abs(at) < 8.64e12 ? new Date(at * 1000).toISOString().replace(/\.\d+Z/, "Z").replace("T", " ") : "–";
}

/** Seconds since the first exchange: what a gutter has room for. */
export function offset(seconds) {
  if (seconds < 60) return `+${seconds.toFixed(3)}`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `+${minutes}:${(seconds % 60).toFixed(1).padStart(4, "0")}` : `+${span(seconds)}`;
}

export function bytes(count) {
  if (count == null) return "–";
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** How many exchanges something speaks of: the page has the last ones of those that are kept. */
export function base(exchanges, kept) {
  return kept > exchanges.length ? `the last ${exchanges.length} of ${kept} kept` : String(exchanges.length);
}

export function plural(count, singular, many = `${singular}s`) {
  return `${count} ${count === 1 ? singular : many}`;
}

/** At most so many characters. */
export function cut(text, length) {
  const characters = [...String(text)];
  return characters.length <= length ? String(text) : `${characters.slice(0, Math.max(1, length - 1)).join("")}…`;
}

/** What was asked: the JSON-RPC method and what it names; without one, the method of HTTP. */
export function asked(exchange) {
  if (exchange.kind === exchange.http) return exchange.stream ? `${exchange.http} stream` : exchange.http;
  return exchange.name ? `${exchange.kind} ${exchange.name}` : String(exchange.kind);
}

/** What was answered: the status and, where there is one, the JSON-RPC error. */
export function answered(exchange) {
  const parts = [exchange.status];
  if (exchange.code != null) parts.push(String(exchange.code).replace("-", "−"));
  if (exchange.tool_error) parts.push("tool error");
  return parts.join(MIDDOT);
}

/** Whether the server said no, over HTTP or in JSON-RPC; a tool that failed is another thing. */
export function refused(exchange) {
  return exchange.status >= 400 || exchange.code != null;
}

/** What colour an exchange has. */
export function tone(exchange) {
  if (refused(exchange)) return "refused";
  if (exchange.tool_error) return "failed";
  return exchange.stream ? "stream" : "fine";
}

export function keyOf(exchange) {
  return String(exchange.key);
}

/** The address of a path of the server, also where a gateway serves it below another path. */
export function addressOf(path) {
  const before = location.pathname.slice(0, location.pathname.lastIndexOf("/dashboard/"));
  return new URL(before + path, location.origin).href;
}

/** The value below which so large a part of the values lies. */
export function quantile(values, part) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
