// What plan.py says, for visitors that are not written in Python.

export const MODERN = '2026-07-28';
export const MESSAGE = 'a visitor: ünïcödé 🐐';
export const TICKS = { message: 'ticks', progressSteps: 3, progressInterval: 0.02 };
export const LONG = { message: 'nobody waits for this', progressSteps: 50, progressInterval: 0.1 };
export const AT_ONCE = 3;
export const PATIENCE_MILLISECONDS = 500;

const WAIT_MILLISECONDS = 5000;

export const bounded = (awaited) => Promise.race([
  awaited,
  new Promise((_, reject) => { setTimeout(() => reject(new Error('nothing came')), WAIT_MILLISECONDS).unref(); }),
]);
