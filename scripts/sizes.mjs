// Prints what dist/ weighs against the budget and fails above its limit.
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = "dist";
const GOAL = 540 * 1024;
const LIMIT = 900 * 1024;
const CODE = new Set([".wasm", ".js", ".css", ".html"]);

/** What is fetched when the first picture stands (scripts/split), and when the editor is first opened. */
const LATER = { later: /^kubarium-later-.*\.wasm$/, editor: /^editor-/ };
const isFirstLoad = (name) => CODE.has(extname(name)) && !Object.values(LATER).some((pattern) => pattern.test(name));

function weigh(name, bytes) {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const brotli = brotliCompressSync(bytes, { params }).length;
  return { name, raw: bytes.length, gzip, brotli };
}

function add(name, rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  return { name, raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli") };
}

function line({ name, raw, gzip, brotli }) {
  return [name.padEnd(44), ...[raw, gzip, brotli].map((size) => size.toLocaleString("en").padStart(11))].join(" ");
}

const names = (await readdir(DIST, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(DIST.length + 1))
  .filter((name) => !name.startsWith("."))
  .sort();
const rows = await Promise.all(names.map(async (name) => weigh(name, await readFile(join(DIST, name)))));
const code = rows.filter((row) => CODE.has(extname(row.name)));
const data = rows.filter((row) => !CODE.has(extname(row.name)));
const first = add("first load", code.filter((row) => isFirstLoad(row.name)));

console.log(`${"dist/".padEnd(44)} ${["raw", "gzip", "brotli"].map((title) => title.padStart(11)).join(" ")}`);
for (const row of code) console.log(line(row));
if (data.length > 0) console.log(line(add(`${data.length} data files`, data)));
console.log(line(first));
for (const [name, pattern] of Object.entries(LATER)) {
  console.log(line(add(`${name}, on its own`, code.filter((row) => pattern.test(row.name)))));
}

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
const verdict = first.gzip > LIMIT ? "OVER THE LIMIT" : first.gzip > GOAL ? "over the goal" : "within the goal";
console.log(`first load, gzip: ${kib(first.gzip)}; goal ${kib(GOAL)}, limit ${kib(LIMIT)}: ${verdict}`);
if (first.gzip > LIMIT) process.exitCode = 1;
