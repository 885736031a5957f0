// The later part of the wasm module: what a first visit does not run (scripts/split). It is prepared when the first picture
// stands, and comes into its place when the first part first calls it.
const address = new URL("./__LATER__", import.meta.url);
let module;
let preparing;

async function compile(source) {
  const response = await source;
  if (!(response instanceof Response)) return WebAssembly.compile(response);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const bytes = response.clone();
  // Not every host says what a .wasm file is.
  return WebAssembly.compileStreaming(response).catch(async () => WebAssembly.compile(await bytes.arrayBuffer()));
}

/** Fetches and compiles the later part in the background. `source`: its bytes, where they are at hand. */
export function prepareLater(source) {
  preparing ??= compile(source ?? fetch(address)).then(
    (compiled) => {
      module ??= compiled;
    },
    (error) => {
      preparing = undefined;
      throw error;
    },
  );
  return preparing;
}

/** Does it at once: somebody was quicker than the network. */
function compileNow() {
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
  return new WebAssembly.Module(Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 0xff));
}

/** Puts the later part in its place; `first` is what the first part exports. */
export function load(first) {
  module ??= compileNow();
  new WebAssembly.Instance(module, { first });
  first.later.value = 1;
}
