// The page does what it is for: a manifest in, play, watch, ask why, share.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOKS, open, shoot, tour } from "./harness.mjs";

const NGINX = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.14.2
        ports:
        - containerPort: 80
`;

const started = (page) => page.waitForSelector(".shell .clock");
const pods = (page) => page.locator("#mirror button", { hasText: /Pod / });
const ready = (page, name, count) =>
  page.waitForFunction(
    ([part, wanted]) => [...document.querySelectorAll("#mirror button")].filter((line) => line.textContent.includes(part) && line.textContent.endsWith(": ready")).length === wanted,
    [name, count],
    { timeout: 60_000 },
  );
/** Sets the slider of the speed: a place on its scale. */
const speed = (page, place) =>
  page.locator(".speed input").evaluate((input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, String(place));

async function openEditor(page) {
  await page.keyboard.press("e");
  const content = page.locator(".editor-host .cm-content");
  await content.waitFor({ timeout: 60_000 });
  return content;
}

async function paste(page, text) {
  const content = await openEditor(page);
  await content.click();
  await page.keyboard.press("Control+a");
  await content.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

test("a manifest pasted into the editor plays until its pods are ready", async (t) => {
  const page = await open(t);
  await started(page);
  await paste(page, NGINX);
  await page.getByRole("button", { name: "Start over" }).click();
  await speed(page, 5);
  await ready(page, "nginx-deployment", 3);
  assert.equal(await pods(page).count(), 3);
  await shoot(page, "pasted");
});

test("a wrong field is underlined and named with its place", async (t) => {
  const page = await open(t);
  await started(page);
  await paste(page, NGINX.replace("replicas: 3", "replica: 3"));
  const problem = page.locator(".editor-problems li").first();
  await problem.waitFor();
  assert.match(await problem.textContent(), /^8:\d+ .*replica/);
  assert.ok((await page.locator(".editor-host .cm-lintRange").count()) > 0, "nothing is underlined");
});

test("apply changes the running cluster at this instant", async (t) => {
  const page = await open(t);
  await started(page);
  await ready(page, "hello", 3);
  await paste(page, NGINX);
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.locator(".editor-output", { hasText: "deployment.apps/nginx-deployment created" }).waitFor();
  await ready(page, "nginx-deployment", 3);
  await ready(page, "hello", 3);
});

test("a selected pod says why, and shows its status, events, YAML and logs", async (t) => {
  const page = await open(t, "?scenario=pending");
  await started(page);
  await page.locator("#mirror button", { hasText: "too-big" }).first().waitFor({ state: "attached" });
  await page.locator("#mirror button", { hasText: "too-big" }).first().dispatchEvent("click");
  await page.locator(".evidence", { hasText: "0/3 nodes are available" }).waitFor();
  assert.match(await page.locator(".matrix").textContent(), /Insufficient cpu/);
  for (const [tab, text] of [["Status", "PodScheduled"], ["Events", "FailedScheduling"], ["YAML", "name: too-big"]]) {
    await page.getByRole("tab", { name: tab }).click();
    await page.locator(".page", { hasText: text }).waitFor();
  }
  await page.keyboard.press("Escape");
  await page.locator(".overview").waitFor();
});

test("faults from the menu are commands: a killed container comes back", async (t) => {
  const page = await open(t);
  await started(page);
  await ready(page, "hello", 3);
  await pods(page).first().dispatchEvent("click");
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: /Kill container nginx/ }).click();
  await speed(page, 6);
  await page.locator("#mirror button", { hasText: "1 restarts" }).first().waitFor({ state: "attached", timeout: 60_000 });
});

test("the terminal runs kubectl, and looking leaves nothing to undo", async (t) => {
  const page = await open(t);
  await started(page);
  await ready(page, "hello", 3);
  await page.keyboard.press("/");
  await page.keyboard.type("kubectl get pods");
  await page.keyboard.press("Enter");
  await page.locator(".terminal-output pre", { hasText: "hello-" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Nothing to undo" }).isDisabled());
  await page.keyboard.type("scale deployment/hello --replicas=5");
  await page.keyboard.press("Enter");
  await ready(page, "hello", 5);
  assert.ok(await page.getByRole("button", { name: /Undo: kubectl scale/ }).isEnabled());
});

test("a link opens the same moment elsewhere, and a reload brings the work back", async (t) => {
  const page = await open(t, "?scenario=crash-loop");
  await started(page);
  await speed(page, 6);
  await page.waitForFunction(() => document.querySelector(".clock").textContent.includes("m"), null, { timeout: 60_000 });
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.locator("textarea.link").first().inputValue();
  await page.keyboard.press("Escape");
  const clock = await page.locator(".clock").textContent();
  const lines = await page.locator("#mirror").textContent();
  const other = await open(t, link.slice(link.indexOf("#")));
  await started(other);
  assert.equal(await other.locator(".clock").textContent(), clock);
  assert.equal(await other.locator("#mirror").textContent(), lines);
  await page.keyboard.press("ArrowRight");
  const stepped = await page.locator(".clock").textContent();
  await page.reload();
  await started(page);
  assert.equal(await page.locator(".clock").textContent(), stepped);
});

test("the past can be looked at, and left again", async (t) => {
  const page = await open(t);
  await started(page);
  await ready(page, "hello", 3);
  await page.keyboard.press("Space");
  const latest = await page.locator(".clock").textContent();
  await page.keyboard.press("Home");
  assert.equal(await page.locator(".clock").textContent(), "0.0s");
  await page.getByRole("button", { name: "Return to the latest instant" }).click();
  assert.equal(await page.locator(".clock").textContent(), latest);
});

test("the language and the theme switch, and stay after a reload", async (t) => {
  const page = await open(t);
  await started(page);
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("button", { name: "分享" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
  await page.getByRole("button", { name: /主题/ }).click();
  await page.getByRole("button", { name: /主题/ }).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.reload();
  await started(page);
  assert.equal(await page.evaluate(() => document.documentElement.lang + document.documentElement.dataset.theme), "zh-CNdark");
});

test("a broken link says why, shows what could be saved, and opens it", async (t) => {
  const page = await open(t);
  await started(page);
  await paste(page, NGINX);
  await page.getByRole("button", { name: "Start over" }).click();
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.locator("textarea.link").first().inputValue();
  const cut = link.slice(link.indexOf("#"), -60);
  const other = await open(t, cut);
  await other.getByRole("heading", { name: "This link cannot be opened" }).waitFor();
  await other.locator(".broken pre", { hasText: "nginx-deployment" }).waitFor();
  await other.getByRole("button", { name: "Open what could be saved" }).click();
  await started(other);
  const nonsense = await open(t, "#hello");
  await nonsense.getByRole("button", { name: "Open an example" }).click();
  await started(nonsense);
});

test("the gallery opens each of its scenarios", async (t) => {
  const page = await open(t);
  await started(page);
  await page.locator(".scenario").click();
  const count = await page.locator(".card").count().then(async (seen) => seen || (await page.locator(".card").first().waitFor(), page.locator(".card").count()));
  assert.ok(count >= 9, `${count} cards`);
  await page.locator(".card", { hasText: "A rolling update" }).click();
  await page.locator(".scenario", { hasText: "A rolling update" }).waitFor();
  await ready(page, "web", 5);
});

test("the owners view tells a rollout, and a link keeps the view", async (t) => {
  const page = await open(t, "?scenario=rolling-update");
  await started(page);
  await page.keyboard.press("v");
  await page.keyboard.press("v");
  const owners = page.getByRole("button", { name: "Owners", exact: true });
  assert.equal(await owners.getAttribute("aria-pressed"), "true");
  await page.locator("#mirror button", { hasText: "Deployment web: 5/5" }).waitFor({ state: "attached", timeout: 60_000 });
  await speed(page, 4);
  await page.locator("#mirror button", { hasText: /ReplicaSet web-\w+: 0\/0/ }).waitFor({ state: "attached", timeout: 60_000 });
  await page.locator("#mirror button", { hasText: "Deployment web" }).dispatchEvent("click");
  await page.locator(".why", { hasText: "as it should be (5/5)" }).waitFor();
  assert.match(await page.locator(".evidence").textContent(), /5 of 5 up to date5 pods ≤ 6 = 5 \+ 1 maxSurge5 available ≥ 4 = 5 − 1 maxUnavailable/);
  await shoot(page, "owners");
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.locator("textarea.link").first().inputValue();
  const other = await open(t, link.slice(link.indexOf("#")));
  await started(other);
  assert.equal(await other.getByRole("button", { name: "Owners", exact: true }).getAttribute("aria-pressed"), "true");
});

test("what nothing acts on says so, where it is applied, listed and selected", async (t) => {
  const page = await open(t);
  await started(page);
  await paste(page, "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: gate}\nrules: []\n");
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.locator(".editor-output", { hasText: "not simulated yet: Role gate" }).waitFor();
  await page.locator(".objects li", { hasText: "gate" }).locator(".stored-only").waitFor();
  assert.equal(await page.locator(".objects .stored-only").count(), 1);
  await page.locator(".objects button", { hasText: "gate" }).click();
  await page.locator(".details .stored-only", { hasText: "not simulated yet" }).waitFor();
});

test("requests tell their way and why, in the language of the page", async (t) => {
  const page = await open(t, "?scenario=ingress", { look: LOOKS.chinese });
  await started(page);
  await page.locator("#mirror button", { hasText: "Service cart" }).or(page.locator("#mirror button", { hasText: "cart" })).last().waitFor({ state: "attached" });
  await page.locator(".objects button", { hasText: /Service.*cart/ }).click();
  await page.getByRole("tab", { name: "状态" }).click();
  await page.locator(".requests summary").first().click();
  await page.locator(".hops", { hasText: "服务没有就绪端点：503" }).first().waitFor();
  assert.doesNotMatch(await page.locator(".hops").first().textContent(), /sends a request|taken to point/);
});

test("an embedded page plays, keeps nothing and leaves the address alone", async (t) => {
  const page = await open(t, "embed.html?scenario=hello&controls=play,time", { viewport: { width: 700, height: 400 } });
  await page.locator(".embed .clock").waitFor();
  await ready(page, "hello", 3);
  await pods(page).first().dispatchEvent("click");
  await page.locator(".why-strip", { hasText: "ready" }).waitFor();
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, location.hash]), [0, 0, ""]);
  await shoot(page, "embed");
});

test("an embedded page waits for a click, speaks the language asked for and tells its height", async (t) => {
  const page = await open(t, "embed.html?scenario=hello&run=click&lang=zh&theme=dark", { viewport: { width: 700, height: 400 } });
  await page.getByRole("button", { name: "运行" }).waitFor();
  assert.equal(await page.locator(".embed .clock").textContent(), "0.0s");
  await page.getByRole("button", { name: "运行" }).click();
  await page.waitForFunction(() => document.querySelector(".clock").textContent !== "0.0s");
  const told = await page.evaluate(
    () =>
      new Promise((done) => {
        addEventListener("message", (event) => event.data?.type === "kubarium:height" && done(event.data.height));
        const frame = Object.assign(document.createElement("iframe"), { src: location.href });
        document.body.append(frame);
      }),
  );
  assert.ok(told > 200 && told < 800, `height ${told}`);
});

test("it works by keyboard alone and on a phone", async (t) => {
  const page = await open(t, "", { look: LOOKS.phone });
  await started(page);
  await ready(page, "hello", 3);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play" }).waitFor();
  await page.locator(".cluster-canvas").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator(".side.open .details").waitFor();
  const tops = await page.locator(".view-switch button").evaluateAll((all) => all.map((one) => one.offsetTop));
  assert.equal(new Set(tops).size, 1, "the views stand in one row");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${wide} pixels wide`);
  await shoot(page, "phone-details");
});

test("a running cluster looks right in every look", (t) =>
  tour(t, "?scenario=crash-loop", "crash-loop", async (page) => {
    await started(page);
    await speed(page, 6);
    await page.waitForFunction(() => document.querySelector(".clock").textContent.includes("m"), null, { timeout: 60_000 });
    await page.locator("#mirror button", { hasText: "crasher" }).first().dispatchEvent("click");
    await page.locator(".details .why").waitFor();
  }));
