// What every browser test shares: dist/ served from a sub-path under a strict content security policy, one Chromium,
// pages whose console must stay clean, and screenshots.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { serve } from "../../scripts/serve.mjs";

/** All that the page may ask of the site that hosts it. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];
const SHOTS = "test-results";

/** The ways people look at the page; `tour` walks through them. */
export const LOOKS = {
  light: { colorScheme: "light", locale: "en-GB", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", locale: "en-GB", viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: "light", locale: "en-GB", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  chinese: { colorScheme: "light", locale: "zh-CN", viewport: { width: 1280, height: 800 } },
};

function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error("no Chromium on PATH: run `make test`, or set CHROMIUM");
}

let site;
let browser;
async function start() {
  site ??= await serve({ root: "dist", prefix: "/some/where/", headers: { "content-security-policy": POLICY } });
  browser ??= await chromium.launch({ executablePath: findChromium(), headless: true, args: ARGUMENTS });
}
after(async () => {
  await browser?.close();
  await site?.close();
});

/**
 * Opens `path` (relative to the site) in a context of its own: empty storage, options of Playwright's newContext.
 * `t` is the test's context: at its end the page closes and the test fails if the page said anything on its console,
 * threw, or asked for something that was not there. `allow` lists texts that may be said. `prepare` is handed the
 * context before anything is loaded.
 */
export async function open(t, path = "", { look = LOOKS.light, allow = [], prepare = () => {}, ...options } = {}) {
  await start();
  const context = await browser.newContext({ ...look, ...options });
  await prepare(context);
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => {
    if (!allow.some((allowed) => text.includes(allowed))) complaints.push(text);
  };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complain(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complain(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => complain(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complain(`${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const { protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !request.url().startsWith(site.url)) complain(`left its folder: ${request.url()}`);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], "the page complained");
  });
  await page.goto(site.url + path);
  return page;
}

/** Writes test-results/NAME.png. */
export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

/** Opens `path` in each look, waits for `ready(page)` and takes a picture of it. */
export async function tour(t, path, name, ready) {
  for (const [kind, look] of Object.entries(LOOKS)) {
    const page = await open(t, path, { look });
    await ready(page);
    await shoot(page, `${name}-${kind}`);
  }
}
