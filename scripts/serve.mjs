// A static file server on loopback: `node scripts/serve.mjs DIR [PORT]`, or `serve(...)` from a test.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ts": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".yaml": "text/plain; charset=utf-8",
};

/** The file that `url` names below `root`, or null when it is outside of `prefix` or does not exist. */
async function find(root, prefix, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return null;
  }
  if (!path.startsWith(prefix)) return null;
  let file = join(root, normalize(`/${path.slice(prefix.length)}`));
  const isDirectory = await stat(file).then((found) => found.isDirectory(), () => false);
  if (isDirectory) file = join(file, "index.html");
  const isFile = await stat(file).then((found) => found.isFile(), () => false);
  return isFile ? file : null;
}

/** Listens on `port`, or on the next free one of the `tries` that follow. */
async function listen(server, port, tries) {
  for (let next = port; ; next += 1) {
    const error = await new Promise((done) => {
      server.once("error", done);
      server.listen(next, "127.0.0.1", () => done(null));
    });
    if (!error) return;
    if (error.code !== "EADDRINUSE" || next - port >= tries) throw error;
  }
}

/**
 * Serves `root` at `http://127.0.0.1:<port><prefix>`; port 0 takes any free one.
 * Returns `{ url, close() }`.
 */
export async function serve({ root, prefix = "/", port = 0, headers = {} }) {
  const server = createServer(async (request, response) => {
    const file = await find(resolve(root), prefix, request.url);
    if (!file) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": "no-cache", ...headers });
    createReadStream(file).on("error", () => response.destroy()).pipe(response);
  });
  await listen(server, port, port === 0 ? 0 : 20);
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}${prefix}`, close };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = "dist", port = "8080"] = process.argv.slice(2);
  const { url } = await serve({ root, port: Number(port) });
  console.log(`Kubarium is at ${url} (Ctrl-C stops it)`);
}
