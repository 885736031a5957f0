// Splits the module of a built page: takes `{ js, wasm }`, the names of two files in `folder`, and returns them with the
// name of the later part. All names hold the hash of what is in the files: parts of two builds never meet.
import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { firstVisit, IMPORTS } from "./profile.mjs";
import { split } from "./split.mjs";
import { read } from "./text.mjs";

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

async function named(folder, name, base, ending) {
  const whole = `${base}-${hash(await readFile(join(folder, name)))}${ending}`;
  await rename(join(folder, name), join(folder, whole));
  return whole;
}

/** The glue that hands its exports to the later part, and that prepares it. */
function joined(glue, later) {
  const start = `import { load as loadLater } from "./${later}";\nexport { prepareLater } from "./${later}";\n`;
  return start + glue.replace(IMPORTS, "$& later: { load: () => loadLater(wasm) },");
}

export async function splitPage(folder, { js, wasm }) {
  const at = (name) => join(folder, name);
  const module = await read(at(wasm));
  const ran = await firstVisit(module, at(js));
  const parts = await split(module, (name) => ran.has(name), at(wasm), at("later.wasm"));
  console.log(`split: ${parts.first} functions run in a first visit, ${parts.later} come later`);

  const laterWasm = await named(folder, "later.wasm", "kubarium-later", "_bg.wasm");
  await writeFile(at("later.js"), (await readFile("www/later.js", "utf8")).replace("__LATER__", laterWasm));
  const laterJs = await named(folder, "later.js", "kubarium-later", ".js");
  await writeFile(at(js), joined(await readFile(at(js), "utf8"), laterJs));
  await rm(at(`${wasm}.wat`));
  await rm(at("later.wasm.wat"));
  const page = { wasm: await named(folder, wasm, "kubarium-page", "_bg.wasm"), js: await named(folder, js, "kubarium-page", ".js") };
  return { ...page, later: laterWasm };
}
