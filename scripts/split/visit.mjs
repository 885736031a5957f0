// Plays a first visit outside a browser and writes which functions ran:
// `node visit.mjs GLUE MODULE OUT LANGUAGE SCHEME WIDTH FRAME_MS`.
//
// The document is happy-dom's; time is virtual, so that two builds of the same source see the same visit. What is drawn
// goes nowhere. The module calls `visit.ran(number)` at the start of each function (profile.mjs puts that in).
import { readFile, writeFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { GlobalRegistrator } from "@happy-dom/global-registrator";

const [glue, wasm, out, language, scheme, width, frameMs] = process.argv.slice(2);
/** How long the visitor watches, in milliseconds and in frames. The first scenario comes to rest well before. */
const VISIT_MS = 60_000;
const FRAMES_MAX = 4000;
const HEIGHT = 800;

const module = await readFile(wasm);
GlobalRegistrator.register({
  url: "http://localhost/",
  width: Number(width),
  height: HEIGHT,
  settings: { navigator: { userAgent: "" }, device: { prefersColorScheme: scheme } },
});

/** Gives the global scope a value, whatever stood there. */
const provide = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

// Time.
let now = 0;
let last = 0;
let frames = new Map();
const timers = new Map();
const later = (repeat) => (act, after = 0, ...args) => {
  timers.set((last += 1), { act: () => act(...args), at: now + Math.max(after, 1), repeat: repeat ? Math.max(after, 1) : 0 });
  return last;
};
const forget = (id) => timers.delete(id);
provide("setTimeout", later(false));
provide("setInterval", later(true));
provide("clearTimeout", forget);
provide("clearInterval", forget);
provide("requestAnimationFrame", (act) => frames.set((last += 1), act) && last);
provide("cancelAnimationFrame", (id) => frames.delete(id));
// Each look at the clock takes a little, so that work within a frame comes to the end of its budget.
let looks = 0;
performance.now = () => now + (looks += 1) * 0.02;

function runTimers() {
  for (const [id, timer] of [...timers]) {
    if (timer.at > now || !timers.has(id)) continue;
    if (timer.repeat) timer.at = now + timer.repeat;
    else timers.delete(id);
    timer.act();
  }
}

function runFrames() {
  const due = frames;
  frames = new Map();
  looks = 0;
  for (const act of due.values()) act(now);
}

// The browser that there is none of: a window that is the global scope, sizes, a canvas, a network without answers.
provide("Window", class { static [Symbol.hasInstance] = (value) => value === globalThis; });
provide("fetch", async () => new Response("", { status: 404 }));
Object.defineProperty(navigator, "language", { value: language });
Object.defineProperty(navigator, "languages", { value: [language] });
for (const [side, value] of Object.entries({ Width: Number(width), Height: HEIGHT })) {
  for (const prefix of ["client", "offset", "scroll"]) Object.defineProperty(HTMLElement.prototype, prefix + side, { get: () => value, configurable: true });
}
HTMLElement.prototype.getBoundingClientRect = () => new DOMRect(0, 0, Number(width), HEIGHT);
provide("ResizeObserver", class {
  constructor(tell) { this.tell = tell; }
  observe(target) { setTimeout(() => this.tell([{ target, contentRect: target.getBoundingClientRect() }], this)); }
  unobserve() {}
  disconnect() {}
});
provide("CanvasRenderingContext2D", class {});
const nothing = () => {};
const answers = {
  measureText: (text) => ({ width: 7 * text.length }),
  getImageData: (_left, _top, wide, high) => ({ data: new Uint8ClampedArray(4 * wide * high), width: wide, height: high }),
};
const pen = new Proxy(new CanvasRenderingContext2D(), { get: (_, name) => answers[name] ?? nothing, set: () => true });
HTMLCanvasElement.prototype.getContext = () => pen;

// The visit.
const ran = new Set();
globalThis.visit = { ran: (number) => ran.add(number) };
globalThis.kubariumCrashed = (message) => { throw new Error(message); };
document.body.innerHTML = '<div id="kubarium-app"></div>';
const page = await import(pathToFileURL(glue));
await page.default({ module_or_path: module });
for (let frame = 0; now < VISIT_MS && frame < FRAMES_MAX; frame += 1, now += Number(frameMs)) {
  runTimers();
  runFrames();
  await turn();
}
window.dispatchEvent(new Event("pagehide"));
if (!document.querySelector("canvas")) throw new Error("the visit saw no picture");
await writeFile(out, JSON.stringify([...ran]));
process.exit(0);
