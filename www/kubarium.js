// Kubarium's JavaScript API as an ES module, for browsers, workers and Node. It shares the wasm module of the
// page; scripts/page.mjs puts in the hashed names of the build.
import init from "./__JS__";

const wasm = new URL("./__WASM__", import.meta.url);
const inNode = typeof process !== "undefined" && Boolean(process.versions?.node);
const module = inNode ? await (await import("node:fs/promises")).readFile(wasm) : wasm;
await init({ module_or_path: module });

export { Cluster } from "./__JS__";
