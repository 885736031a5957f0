// The page comes in two parts: a first visit needs the first alone, and nobody has to wait for the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOKS, open } from "./harness.mjs";

const LATER = /kubarium-later-\w+_bg\.wasm$/;

/** Opens the first scenario and holds back the background's request for the later part; `asked` counts all requests for it. */
async function openHeld(t, look) {
  const held = { asked: 0 };
  const released = new Promise((release) => t.after(release));
  const prepare = (context) =>
    context.route(LATER, async (route) => {
      held.asked += 1;
      if (held.asked === 1) await released;
      // The page may be gone by then.
      await route.continue().catch(() => {});
    });
  held.page = await open(t, "", { look, prepare });
  return held;
}

const ready = (page) =>
  page.waitForFunction(() => [...document.querySelectorAll("#mirror button")].filter((line) => /^Pod .*[:：] ?(ready|就绪)$/.test(line.textContent)).length === 3, null, { timeout: 60_000 });
const seconds = (page) => page.evaluate(() => document.querySelector(".clock").textContent);

for (const [kind, look] of Object.entries(LOOKS)) {
  test(`a first visit plays without the later part: ${kind}`, async (t) => {
    const held = await openHeld(t, look);
    const { page } = held;
    await ready(page);
    const then = await seconds(page);
    await page.waitForTimeout(6000);
    assert.notEqual(await seconds(page), then, "it plays on");
    // A second request would be the first part that calls what it has not.
    assert.equal(held.asked, 1, "the later part was asked for in the background alone");
  });
}

test("who is quicker than the network waits for it, and is served", async (t) => {
  const held = await openHeld(t);
  const { page } = held;
  await ready(page);
  await page.keyboard.press("/");
  await page.keyboard.type("kubectl get pods");
  await page.keyboard.press("Enter");
  await page.locator(".terminal-output pre", { hasText: "hello-" }).waitFor();
  assert.equal(held.asked, 2, "the later part was fetched at once");
});

test("what opens with a link has both parts from the start", async (t) => {
  const page = await open(t, "?scenario=crash-loop");
  await page.waitForSelector(".shell .clock");
  const modules = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.endsWith(".wasm")));
  assert.equal(modules.length, 2, `each part once: ${modules}`);
});
