// Kubarium's JavaScript API as an ES module, for browsers, workers and Node. It shares the wasm module of the
// page; scripts/page.mjs puts in the hashed names of the build.
import * as page from "./__JS__";

const inNode = typeof process !== "undefined" && Boolean(process.versions?.node);

/** A file beside this one: its bytes in Node, elsewhere what fetches it. */
async function beside(name) {
  const address = new URL(name, import.meta.url);
  return inNode ? (await import("node:fs/promises")).readFile(address) : fetch(address);
}

const later = "__LATER__";
// A caller of the API wants no pause in the middle of a call: both parts are there before the first.
if (later) await page.prepareLater(beside(`./${later}`));
await page.default({ module_or_path: await beside("./__WASM__") });

export { Cluster } from "./__JS__";
