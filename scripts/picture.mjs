// Makes docs/picture.png, the picture of the README: the built page (dist/) in Chromium, a scenario of the gallery in the
// Traffic view, with the reason why one of its Services answers nobody. `node scripts/picture.mjs`, after `make build`.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const FILE = "docs/picture.png";
const executablePath = process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();

const site = await serve({ root: "dist", prefix: "/" });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: "light", locale: "en-GB" });
await page.goto(`${site.url}?scenario=ingress`);
await page.waitForSelector(".shell .clock");
await page.keyboard.press("v");
await page.locator(".objects button", { hasText: /Service.*cart/ }).click();
await page.waitForFunction(() => Number.parseFloat(document.querySelector(".clock").textContent) >= 14, null, { timeout: 120_000 });
await page.mouse.move(1, 400);
await page.evaluate(() => document.activeElement?.blur());
mkdirSync("docs", { recursive: true });
await page.screenshot({ path: FILE });
console.log(`${FILE}: ${Math.round(statSync(FILE).size / 1024)} KiB`);
await browser.close();
await site.close();
