// A wasm module in its text form, as wasm-dis writes it: one line for each import, type, global, table, segment and
// export, and each function from its own line to its closing parenthesis.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Runs one of Binaryen's tools; where it fails, the error holds the beginning of what it said. */
async function run(tool, args) {
  await promisify(execFile)(tool, args, { maxBuffer: 1 << 28 }).catch((error) => {
    throw new Error(`${tool} failed: ${error.stderr?.slice(0, 2000) || error.message.slice(0, 2000)}`);
  });
}

/** A name of the text, as a pattern: bare, or quoted. */
export const NAME = String.raw`\$("(?:[^"\\]|\\.)*"|[^\s()]+)`;
const FUNCTION = new RegExp(String.raw`^ \(func ${NAME}(.*)$`);
const CALL = new RegExp(String.raw`\(call ${NAME}`, "g");
const GLOBAL_USE = new RegExp(String.raw`\(global\.[gs]et ${NAME}`, "g");

/** The names that a line refers to by `call`. */
export const calls = (text) => Array.from(text.matchAll(CALL), (match) => match[1]);
/** The globals that a text reads or sets. */
export const globalsOf = (text) => Array.from(text.matchAll(GLOBAL_USE), (match) => match[1]);

/**
 * Reads a module that still has the names of its functions.
 *
 * `lines`: the lines that are not functions, in order.
 * `features`: those of WebAssembly that it needs. `functions`: in order, each with its `name`, its `signature`
 * (parameters and results), its `locals` and the lines of its `body`.
 */
export async function read(path) {
  const wat = `${path}.wat`;
  await run("wasm-dis", [path, "-o", wat]);
  const lines = [];
  const functions = [];
  let open;
  for (const line of (await readFile(wat, "utf8")).split("\n")) {
    const start = open ? null : FUNCTION.exec(line);
    if (start) {
      open = { name: start[1], signature: start[2], locals: [], body: [] };
      functions.push(open);
    } else if (open && line === " )") open = undefined;
    else if (open) (line.startsWith("  (local $") ? open.locals : open.body).push(line);
    else lines.push(line);
  }
  const features = lines.find((line) => line.includes("features section: "))?.split("section: ")[1].split(", ") ?? [];
  // The last parenthesis closes the module.
  return { lines: lines.slice(0, lines.lastIndexOf(")")), features, functions };
}

/** The text of a function. */
export const functionText = ({ name, signature, locals, body }) => [` (func $${name}${signature}`, ...locals, ...body, " )"].join("\n");

/** Writes a module from its parts of text as binary, without names. */
export async function write(path, module, texts) {
  const wat = `${path}.wat`;
  await writeFile(wat, [...texts, ")\n"].join("\n"));
  const flags = ["--mvp-features", ...module.features.map((feature) => `--enable-${feature}`)];
  await run("wasm-opt", [...flags, "--remove-unused-module-elements", "--strip-target-features", wat, "-o", path]);
}
