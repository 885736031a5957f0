// Trunk's post-build hook: adds to the staged site what Trunk does not make. One wasm module serves index.html,
// embed.html and the JavaScript API, so all three point at the hashed names that Trunk chose.
import { copyFile, cp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { splitPage } from "./split/index.mjs";

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

const editor = await bundleEditor();
const withEditor = (html) => html.replace('content="editor.js"', `content="./${editor}"`);

const trunk = withEditor(await readFile(join(staging, "index.html"), "utf8"));
const built = { js: preloaded(trunk, "js"), wasm: preloaded(trunk, "wasm") };
// A debug build stays whole: it has a later part of nothing.
const page = release ? await splitPage(staging, built) : { ...built, later: "" };
const index = trunk.replaceAll(built.js, page.js).replaceAll(built.wasm, page.wasm);
await writeFile(join(staging, "index.html"), index);

const embed = withEditor(await readFile("www/embed.html", "utf8"));
await writeFile(join(staging, "embed.html"), embed.replace(/<!-- kubarium:.*?-->/, loadingTags(index)));

const api = await readFile("www/kubarium.js", "utf8");
const names = { __JS__: page.js, __WASM__: page.wasm, __LATER__: page.later };
await writeFile(join(staging, "kubarium.js"), api.replace(/__JS__|__WASM__|__LATER__/g, (name) => names[name]));
for (const name of ["client-node.js", "client-node.d.ts"]) await copyFile(join("www", name), join(staging, name));
// Trunk names the types after the hashed module; these have the name that people import.
const types = (name) => join(staging, name.replace(/\.js$/, ".d.ts"));
await rename(types(built.js), types(page.js));
await writeFile(join(staging, "kubarium.d.ts"), `export * from "./${page.js}";\n`);

// The folders of static/ (scenarios, lessons) stand beside the pages.
for (const entry of await readdir("static", { withFileTypes: true })) {
  if (entry.isDirectory()) await cp(join("static", entry.name), join(staging, entry.name), { recursive: true });
}
