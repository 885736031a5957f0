// Which functions of the page's module a first visit runs: the module is played with a call at the start of each function.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { functionText, write } from "./text.mjs";

const VISIT = fileURLToPath(new URL("./visit.mjs", import.meta.url));
/** The visitors: language, colour scheme, width of the window, milliseconds from frame to frame. */
const VISITORS = [
  ["en-GB", "light", "1280", "16"],
  ["zh-CN", "dark", "390", "16"],
  ["en-GB", "light", "1280", "150"],
  ["en-GB", "light", "1280", "3"],
];
/** Which changes a frame sees together depends on the machine: what shows them belongs to the first part as a whole. */
const SHOWS = /yew::(dom_bundle|virtual_dom)::|kubarium::view::/;
/** Where the glue lists what the module imports. */
export const IMPORTS = /"\.\/[\w-]+_bg\.js": import0,/;

const IMPORT = ` (import "visit" "ran" (func $visit.ran (param i32)))`;

const marked = (func, number) => functionText({ ...func, locals: [...func.locals, `  (call $visit.ran (i32.const ${number}))`] });

async function play(glue, wasm, out, visitor) {
  await promisify(execFile)(process.execPath, [VISIT, glue, wasm, out, ...visitor]);
  return JSON.parse(await readFile(out, "utf8"));
}

/** The names of the functions of `module` that a first visit runs; `glue` is the path of its JavaScript. */
export async function firstVisit(module, glue) {
  const folder = await mkdtemp(join(tmpdir(), "kubarium-visit-"));
  try {
    const wasm = join(folder, "visit.wasm");
    await write(wasm, module, [module.lines[0], IMPORT, ...module.lines.slice(1), ...module.functions.map(marked)]);
    const script = await readFile(glue, "utf8");
    if (!IMPORTS.test(script)) throw new Error(`${glue} does not list its imports as expected`);
    await writeFile(join(folder, "visit.mjs"), script.replace(IMPORTS, "$& visit: globalThis.visit,"));
    const visits = VISITORS.map((visitor, at) => play(join(folder, "visit.mjs"), wasm, join(folder, `${at}.json`), visitor));
    const ran = new Set((await Promise.all(visits)).flat());
    const runs = ({ name }, number) => ran.has(number) || SHOWS.test(name);
    return new Set(module.functions.filter(runs).map(({ name }) => name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
