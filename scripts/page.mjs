// Trunk's post-build hook: adds to the staged site what Trunk does not make. One wasm module serves index.html,
// embed.html and the JavaScript API, so all three point at the hashed names that Trunk chose.
import { copyFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const staging = process.env.TRUNK_STAGING_DIR;
const release = process.env.TRUNK_PROFILE === "release";

/** Bundles the editor and returns its file name. */
async function bundleEditor() {
  const result = await build({
    entryPoints: { editor: "www/editor.js" },
    entryNames: "[name]-[hash]",
    outdir: staging,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: release,
    legalComments: "none",
    metafile: true,
  });
  const [bundle] = Object.keys(result.metafile.outputs);
  return bundle.split("/").pop();
}

/** The tags of index.html that load the style sheet and the module, the same for every page. */
function loadingTags(html) {
  const tags = html.match(/<link rel="(?:stylesheet|icon|modulepreload|preload)"[^>]*>|<script type="module"[^>]*><\/script>/g) ?? [];
  if (!tags.some((tag) => tag.includes("boot.js"))) throw new Error("index.html does not load boot.js");
  return tags.join("\n  ");
}

/** The hashed file name that index.html preloads as `kind` (js or wasm). */
function preloaded(html, kind) {
  const tag = html.match(new RegExp(`<link[^>]*data-kubarium="${kind}"[^>]*>`))?.[0];
  const name = tag?.match(/href="\.\/([^"]+)"/)?.[1];
  if (!name) throw new Error(`index.html preloads no ${kind}`);
  return name;
}

/** The module without its custom sections: the names of its functions, and who made it. */
function withoutNames(wasm) {
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const start = at;
    const isCustom = wasm[at] === 0;
    let size = 0;
    let shift = 0;
    do {
      at += 1;
      size += (wasm[at] & 0x7f) * 2 ** shift;
      shift += 7;
    } while (wasm[at] & 0x80);
    at += 1 + size;
    if (!isCustom) parts.push(wasm.subarray(start, at));
  }
  return Buffer.concat(parts);
}

const editor = await bundleEditor();
const withEditor = (html) => html.replace('content="editor.js"', `content="./${editor}"`);

const index = withEditor(await readFile(join(staging, "index.html"), "utf8"));
await writeFile(join(staging, "index.html"), index);
if (release) {
  const module = join(staging, preloaded(index, "wasm"));
  await writeFile(module, withoutNames(await readFile(module)));
}

const embed = withEditor(await readFile("www/embed.html", "utf8"));
await writeFile(join(staging, "embed.html"), embed.replace(/<!-- kubarium:.*?-->/, loadingTags(index)));

const api = await readFile("www/kubarium.js", "utf8");
const names = { __JS__: preloaded(index, "js"), __WASM__: preloaded(index, "wasm") };
await writeFile(join(staging, "kubarium.js"), api.replace(/__JS__|__WASM__/g, (name) => names[name]));
for (const name of ["client-node.js", "client-node.d.ts"]) await copyFile(join("www", name), join(staging, name));
// Trunk names the types after the hashed module; these have the name that people import.
await writeFile(join(staging, "kubarium.d.ts"), `export * from "./${names.__JS__}";\n`);

// The folders of static/ (scenarios, lessons) stand beside the pages.
for (const entry of await readdir("static", { withFileTypes: true })) {
  if (entry.isDirectory()) await cp(join("static", entry.name), join(staging, entry.name), { recursive: true });
}
