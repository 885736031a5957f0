// Starts the wasm module that this page preloads. A file of its own, not an inline script, so that the page runs
// under a content security policy of `script-src 'self' 'wasm-unsafe-eval'`.
const preloaded = (name) => document.querySelector(`link[data-kubarium="${name}"]`).href;

// WebAssembly has no `import()` of its own; the page borrows this one for the editor.
globalThis.kubariumImport = (address) => import(address);

const CRASH = {
  en: ["Kubarium has stopped", "A fault in Kubarium, not in your manifests. Your work up to a moment ago is kept.", "Reload", "Start with an empty page"],
  zh: ["Kubarium 已停止", "这是 Kubarium 的故障，不是你的清单的问题。片刻之前的工作已保存。", "重新加载", "从空白页开始"],
};

/** Says that the module has stopped. It cannot say so itself: after a panic none of it runs. */
globalThis.kubariumCrashed = (message) => {
  console.error(message);
  if (document.querySelector(".crash")) return;
  const [title, lead, again, anew] = document.documentElement.lang.startsWith("zh") ? CRASH.zh : CRASH.en;
  const element = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });
  const button = (text, act) => Object.assign(element("button", "button", text), { type: "button", onclick: act });
  const crash = element("div", "crash", "");
  crash.setAttribute("role", "alert");
  crash.append(element("h1", "", title), element("p", "", lead), element("pre", "code", message));
  crash.append(
    button(again, () => location.reload()),
    button(anew, () => {
      for (const storage of [sessionStorage, localStorage]) storage.removeItem("kubarium.work");
      location.replace(location.pathname);
    }),
  );
  document.body.append(crash);
};

/** Whether the page opens with its first scenario, and not with a link or the work of an earlier visit. */
function isFirstVisit() {
  if (location.search || location.hash) return false;
  try {
    return localStorage.getItem("kubarium.work") === null;
  } catch {
    return true; // No storage here, so no work.
  }
}
const whenIdle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 500));

try {
  const module = await import(preloaded("js"));
  // A debug build has no later part.
  const { prepareLater = () => {} } = module;
  if (!isFirstVisit()) await prepareLater();
  await module.default({ module_or_path: preloaded("wasm") });
  // Where this fails, the part is fetched when it is needed.
  whenIdle(() => Promise.resolve(prepareLater()).catch((error) => console.warn(error.message)));
} catch (error) {
  const status = document.querySelector(".boot");
  if (status) status.textContent = `Kubarium could not start: ${error.message}`;
  throw error;
}
