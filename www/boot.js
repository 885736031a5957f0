// Starts the wasm module that this page preloads. A file of its own, not an inline script, so that the page runs
// under a content security policy of `script-src 'self' 'wasm-unsafe-eval'`.
const preloaded = (name) => document.querySelector(`link[data-kubarium="${name}"]`).href;

try {
  const module = await import(preloaded("js"));
  await module.default({ module_or_path: preloaded("wasm") });
} catch (error) {
  const status = document.querySelector(".boot");
  if (status) status.textContent = `Kubarium could not start: ${error.message}`;
  throw error;
}
