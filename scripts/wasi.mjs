// Runs a test binary that was compiled for WASI: cargo's runner for `--target wasm32-wasip1`, with `--liftoff-only`:
// tests are over before the optimising compiler pays.
// So the engine's own tests run in WebAssembly, unchanged, with the same 32-bit addresses as in the page.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: [program, ...args],
  env: process.env,
  preopens: { "/": "/" },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
