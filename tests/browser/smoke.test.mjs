// The page starts: from a sub-path, under a strict policy, with a clean console.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, tour } from "./harness.mjs";

const started = (page) => page.waitForFunction(() => !document.querySelector("#kubarium-app .boot"));

test("index.html starts", async (t) => {
  const page = await open(t);
  await started(page);
  assert.match(await page.title(), /Kubarium/);
});

test("embed.html starts over the same module", async (t) => {
  const page = await open(t, "embed.html");
  await started(page);
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name));
  assert.equal(loaded.filter((name) => /kubarium-page-\w+_bg\.wasm$/.test(name)).length, 1, `one wasm module: ${loaded}`);
});

test("the editor bundle loads when it is asked for, and not before", async (t) => {
  const page = await open(t);
  await started(page);
  const editor = () => performance.getEntriesByType("resource").some((entry) => entry.name.includes("/editor-"));
  assert.equal(await page.evaluate(editor), false);
  const text = await page.evaluate(async () => {
    const source = document.querySelector('meta[name="kubarium-editor"]').content;
    const { open } = await import(new URL(source, document.baseURI));
    return open(document.body.appendChild(document.createElement("div")), "kind: Pod\n").text();
  });
  assert.equal(text, "kind: Pod\n");
});

test("a page that is not ours can load the JavaScript API, and nothing is mounted", async (t) => {
  const page = await open(t, "boot.js", { allow: ["/favicon.ico"] });
  const mounted = await page.evaluate(async () => {
    const before = document.body.innerHTML;
    await import(new URL("kubarium.js", location.href));
    return document.body.innerHTML !== before;
  });
  assert.equal(mounted, false);
});

test("the page looks right in light, dark, on a phone and in Chinese", (t) => tour(t, "", "start", started));
