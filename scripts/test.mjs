// Runs every check one after the other and ends with one line: `N passed, N failed`.
//
//   node scripts/test.mjs            every step
//   node scripts/test.mjs fmt wasm   only these
//
// Each step's output goes to target/test-logs/<step>.log; of a failed one, the end is shown.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const LOGS = "target/test-logs";
const STEP_LIMIT_MS = 30 * 60 * 1000;
const SIGN_OF_LIFE_MS = 30 * 1000;
const WASM = "--target wasm32-unknown-unknown";
const shared = process.env.KUBARIUM_SHARED;

const specs = (folder) => readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => `${folder}/${name}`).join(" ");
const nodeTests = (folder) => `node --test --test-reporter=spec --test-concurrency=1 ${specs(folder)}`;

const STEPS = [
  { name: "fmt", command: "cargo fmt --check" },
  { name: "clippy", command: "cargo clippy --all-targets -- -D warnings" },
  { name: "engine", command: "cargo test --no-default-features --no-fail-fast" },
  {
    // The same tests in WebAssembly: one history in every place. A failure there ends the run, so its words must show.
    name: "engine-wasm",
    command: "cargo test --target wasm32-wasip1 --no-default-features --lib --tests --no-fail-fast -- --nocapture",
    env: {
      CARGO_TARGET_WASM32_WASIP1_RUNNER: `node --no-warnings --liftoff-only ${resolve("scripts/wasi.mjs")}`,
      // A gigabyte from the start: some versions of Node crash where a collection comes while a memory grows.
      CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS: `-C link-arg=--initial-memory=${2 ** 30}`,
    },
  },
  { name: "clippy-wasm", command: `cargo clippy ${WASM} --features bench --lib --bin kubarium-page --bin kubarium-scene-bench --test wasm -- -D warnings` },
  {
    // What touches JavaScript, in Node.
    name: "wasm",
    command: `cargo test ${WASM} --test wasm`,
    env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner" },
  },
  { name: "page", command: "trunk build --release && node scripts/sizes.mjs" },
  { name: "js", command: nodeTests("tests/js") },
  { name: "browser", command: nodeTests("tests/browser") },
  {
    name: "conformance",
    command: `cargo run --release --bin kubarium-conformance -- ${shared}`,
    skip: !shared ? "KUBARIUM_SHARED is not set" : existsSync("src/bin/kubarium-conformance/main.rs") ? null : "no kubarium-conformance yet",
  },
];

const seconds = (start) => `${((Date.now() - start) / 1000).toFixed(0)} s`;
const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, "");

/** Sums what the runners say: cargo test, wasm-bindgen-test-runner, node:test. */
function count(output) {
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  return {
    passed: sum(/^test result: \w+\. (\d+) passed/gm) + sum(/^(?:ℹ|#) pass (\d+)$/gm),
    failed: sum(/^test result: \w+\. \d+ passed; (\d+) failed/gm) + sum(/^(?:ℹ|#) fail (\d+)$/gm),
  };
}

function execute(step, logFile) {
  const env = { ...process.env, CARGO_TERM_COLOR: "never", ...step.env };
  const child = spawn("bash", ["-c", step.command], { env, stdio: ["ignore", "pipe", "pipe"], timeout: STEP_LIMIT_MS });
  const log = createWriteStream(logFile);
  let last = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.write(chunk);
      last = plain(chunk.toString()).trim().split("\n").pop() || last;
    });
  }
  const start = Date.now();
  const timer = setInterval(() => console.log(`    ${seconds(start)}: ${last.slice(0, 100)}`), SIGN_OF_LIFE_MS);
  return new Promise((done) => {
    child.on("close", (code, signal) => {
      clearInterval(timer);
      log.end(() => done({ ok: code === 0, why: signal ? `ended by ${signal}` : `exit code ${code}` }));
    });
  });
}

/** Shows the end of a failed step's output, and again by name what failed in it. */
function report(step, output, why) {
  const failed = output.match(/^(?:test .* FAILED|✖ .+|error(?:\[\w+\])?: .+)$/gm) ?? [];
  console.log(output.split("\n").slice(-80).join("\n"));
  for (const line of new Set(failed.slice(0, 40))) console.log(`  ! ${line}`);
  console.log(`${step.name} FAILED (${why})`);
}

async function run(step) {
  if (step.skip) {
    console.log(`--- ${step.name}: skipped, ${step.skip}`);
    return { name: step.name, verdict: "skipped", passed: 0, failed: 0, time: "" };
  }
  console.log(`--- ${step.name}: ${step.command}`);
  const start = Date.now();
  const logFile = `${LOGS}/${step.name}.log`;
  const { ok, why } = await execute(step, logFile);
  const output = plain(readFileSync(logFile, "utf8"));
  let { passed, failed } = count(output);
  // A step without tests of its own counts as one check; one that broke before it could count, as one failure.
  if (ok && passed + failed === 0) passed = 1;
  if (!ok && failed === 0) failed = 1;
  if (!ok) report(step, output, `${why}; whole log: ${logFile}`);
  else if (step.name === "page") console.log(output.slice(output.indexOf("dist/ ")).trimEnd());
  return { name: step.name, verdict: ok && failed === 0 ? "ok" : "FAILED", passed, failed, time: seconds(start) };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(", ")}; the steps are ${STEPS.map((step) => step.name).join(", ")}`);
  process.exit(2);
}
mkdirSync(LOGS, { recursive: true });
const start = Date.now();
const results = [];
for (const step of STEPS) {
  if (wanted.length === 0 || wanted.includes(step.name)) results.push(await run(step));
}

console.log(`\n${"step".padEnd(14)}${"verdict".padEnd(10)}${"passed".padStart(8)}${"failed".padStart(8)}${"time".padStart(9)}`);
for (const { name, verdict, passed, failed, time } of results) {
  console.log(`${name.padEnd(14)}${verdict.padEnd(10)}${String(passed).padStart(8)}${String(failed).padStart(8)}${time.padStart(9)}`);
}
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
console.log(`all steps: ${seconds(start)}`);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exit(total("failed") === 0 ? 0 : 1);
