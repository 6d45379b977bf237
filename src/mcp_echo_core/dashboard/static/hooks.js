// Small things that several parts of the page need.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";

const NEAR = 24; // pixels from the end within which a scrolled part counts as being at its end

/** A scrolled part whose end stays in sight while it grows, unless somebody has scrolled away from it. */
export function useFollow(growing) {
  const part = useRef(null);
  const [following, setFollowing] = useState(true);
  useLayoutEffect(() => {
    if (following && part.current) part.current.scrollTop = part.current.scrollHeight;
  }, [growing, following]);
  const scrolled = () => {
    const { scrollHeight, scrollTop, clientHeight } = part.current;
    setFollowing(scrollHeight - scrollTop - clientHeight < NEAR);
  };
  return { part, following, scrolled, follow: () => setFollowing(true) };
}

/** The width of an element, as it changes. */
export function useWidth(fallback) {
  const element = useRef(null);
  const [width, setWidth] = useState(fallback);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** Something that depends on the time, written anew every second; only this text is. */
export function Ticking({ skew, says }) {
  const [now, setNow] = useState(Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return says(Math.max(now, Date.now() / 1000) + skew);
}

/** Copies a text, and says so. */
export function Copy({ text, label, name }) {
  const [said, setSaid] = useState(null);
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(null), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await copied(text)) ? "Copied" : "Not copied");
  return html`<button type="button" class="small" aria-label=${name ?? label} onClick=${copy}>
    <span aria-live="polite">${said ?? label}</span>
  </button>`;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

/** The clipboard is only for secure contexts, and this page is often read over plain HTTP. */
function copiedBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "aside";
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}
