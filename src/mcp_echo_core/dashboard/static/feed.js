// The record as far as the page knows it: what record.json told, and what the feed has added since.

import { keyOf } from "./format.js";

export const MAX_KEPT = 500; // exchanges on the page; older ones are only counted

const WAITS = [250, 500, 1000, 2000, 4000, 8000]; // milliseconds between attempts to reconnect
const PATIENCE = 2000; // milliseconds until the record is shown although the feed has not opened

export const EMPTY = {
  connection: "connecting", // then "live", "reconnecting", "too-slow", "gone" or "refused"
  problem: null,
  overview: null,
  exchanges: [],
  unseen: 0, // exchanges that came and are no longer on the page
  skew: 0, // seconds by which the server's clock is ahead of ours
};

/** Watches one record and calls ``changed`` with a new state, at most once per animation frame. */
export class Feed {
  #base;
  #changed;
  #state = EMPTY;
  #source = null;
  #pending = []; // exchanges that wait for the next frame, or for the record they belong to
  #told = null; // the latest event ``state``, likewise
  #loading = false;
  #loads = 0;
  #attempts = 0;
  #timer = 0;
  #frame = 0;
  #rested = 0; // when the page may be drawn again

  constructor(base, changed) {
    this.#base = base;
    this.#changed = changed;
  }

  start() {
    this.#connect();
    // A hidden tab gets no frames; what has waited is shown as soon as somebody looks.
    document.addEventListener("visibilitychange", () => this.#schedule());
    // A page that is kept for the Back button must not hold its feed, and needs a new one when it returns.
    window.addEventListener("pagehide", () => this.#source?.close());
    window.addEventListener("pageshow", (event) => event.persisted && this.#retry());
  }

  #connect() {
    const source = (this.#source = new EventSource(`${this.#base}/events`));
    const impatience = setTimeout(() => this.#load(), PATIENCE);
    const on = (name, act) => source.addEventListener(name, (event) => source === this.#source && act(event));
    // The record is read after the feed has opened, so that nothing falls between the two.
    on("open", async () => {
      clearTimeout(impatience);
      const loaded = await this.#load();
      if (source !== this.#source) return;
      if (!loaded) return this.#retry();
      this.#attempts = 0;
      this.#set({ connection: "live", problem: null });
    });
    on("exchange", (event) => this.#take(JSON.parse(event.data)));
    on("state", (event) => {
      this.#told = JSON.parse(event.data);
      this.#schedule();
    });
    on("too-slow", () => this.#end("too-slow"));
    on("gone", () => this.#end("gone"));
    on("error", () => {
      clearTimeout(impatience);
      this.#retry();
    });
  }

  /** Reconnecting is done here and not by the browser, which gives up for good when a gateway answers 502. */
  #retry() {
    this.#source?.close();
    this.#source = null;
    this.#set({ connection: "reconnecting" });
    const wait = WAITS[Math.min(this.#attempts++, WAITS.length - 1)];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      if (await this.#load()) this.#connect();
      else if (this.#state.connection === "reconnecting") this.#retry();
    }, wait);
  }

  /** Read the whole record; whether that worked. A record that is not there any more ends the watch. */
  async #load() {
    const load = ++this.#loads;
    this.#loading = true;
    try {
      const answer = await fetch(`${this.#base}/record.json`, { cache: "no-store" });
      if (load !== this.#loads) return false;
      if (answer.ok) {
        this.#replace(await answer.json());
        return true;
      }
      if (answer.status === 404 || answer.status === 410) this.#end("gone");
      else if (answer.status === 401 || answer.status === 403) this.#end("refused", `status ${answer.status}`);
      else this.#set({ problem: `status ${answer.status}` });
      return false;
    } catch {
      return false;
    } finally {
      if (load === this.#loads) {
        this.#loading = false;
        this.#schedule();
      }
    }
  }

  #replace(overview) {
    const dropped = Math.max(0, overview.exchanges.length - MAX_KEPT);
    this.#set({
      overview: { ...overview, exchanges: null },
      exchanges: judged(merged([], overview.exchanges), overview.report),
      unseen: dropped,
      skew: overview.server.now - Date.now() / 1000,
    });
  }

  #take(exchange) {
    this.#pending.push(exchange);
    if (this.#pending.length > 2 * MAX_KEPT) this.#pending.splice(0, MAX_KEPT);
    this.#schedule();
  }

  #schedule() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    this.#frame = 0;
    const began = performance.now();
    if (began < this.#rested) return this.#schedule();
    const { overview, exchanges, unseen } = this.#state;
    if (this.#loading || !overview || (!this.#pending.length && !this.#told)) return;
    const together = merged(exchanges, this.#pending);
    const news = new Set([...exchanges, ...this.#pending].map(keyOf)).size;
    const told = this.#told;
    this.#pending = [];
    this.#told = null;
    const report = told ? { ...overview.report, ...told.report } : overview.report;
    this.#set({
      overview: told ? { ...overview, ...told, report } : overview,
      exchanges: judged(together, report),
      unseen: unseen + news - together.length,
    });
    // Drawing comes after this; it may take half of the time, so that the page stays usable however much arrives.
    this.#rested = Infinity;
    requestAnimationFrame(() => {
      const now = performance.now();
      this.#rested = now + Math.min(500, now - began);
    });
  }

  #end(connection, problem = null) {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#set({ connection, problem });
  }

  #set(change) {
    this.#state = { ...this.#state, ...change };
    this.#changed(this.#state);
  }
}

const WEIGHTS = ["must", "should", "suspicion", "note"]; // worst first

/** Both by arrival, of each exchange only what was told last: a stream is told twice, at its opening and at its end. */
function merged(known, news) {
  const latest = new Map(known.map((exchange) => [keyOf(exchange), exchange]));
  for (const exchange of news) {
    const before = latest.get(keyOf(exchange));
    if (!before || before.sequence <= exchange.sequence) latest.set(keyOf(exchange), exchange);
  }
  const sorted = [...latest.values()].sort((a, b) => a.at - b.at || a.sequence - b.sequence);
  return sorted.slice(-MAX_KEPT);
}

/** Each with the rules it is evidence of and the worst of them: exchanges are told before they are judged. */
export function judged(exchanges, report) {
  const rules = new Map();
  const levels = new Map();
  for (const { rule, level, weight = level, evidence } of report.findings ?? []) {
    for (const sequence of evidence) {
      rules.set(sequence, [...(rules.get(sequence) ?? []), rule]);
      levels.set(sequence, WEIGHTS[Math.min(WEIGHTS.indexOf(weight), WEIGHTS.indexOf(levels.get(sequence) ?? "note"))]);
    }
  }
  return exchanges.map((exchange) => {
    const own = [...new Set(rules.get(exchange.sequence) ?? [])];
    const level = levels.get(exchange.sequence) ?? null;
    const same = own.join() === (exchange.rules ?? []).join() && level === (exchange.level ?? null);
    return same ? exchange : { ...exchange, rules: own, level };
  });
}
