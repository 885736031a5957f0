// The splitter: two parts that share memory and table do what the whole did, and ask for the later part once.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { split } from "../../scripts/split/split.mjs";
import { read } from "../../scripts/split/text.mjs";

const WHOLE = `(module
 (type $binary (func (param i32 i32) (result i32)))
 (import "host" "note" (func $note (param i32)))
 (global $calls (mut i32) (i32.const 0))
 (memory 1)
 (table $table 2 2 funcref)
 (elem (i32.const 0) func $add $multiply)
 (data (i32.const 16) "\\2a")
 (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
 (func $multiply (type $binary) (call $note (i32.const 7)) (call $count) (i32.mul (local.get 0) (local.get 1)))
 (func $count (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
 (func $answer (result i32) (call $count) (i32.load8_u (i32.const 16)))
 (func (export "apply") (param i32 i32 i32) (result i32) (call_indirect $table (type $binary) (local.get 1) (local.get 2) (local.get 0)))
 (func (export "answer") (result i32) (call $answer))
 (func (export "calls") (result i32) (global.get $calls))
)`;

async function parts(isFirst) {
  const folder = mkdtempSync(join(tmpdir(), "kubarium-split-"));
  const at = (name) => join(folder, name);
  try {
    writeFileSync(at("whole.wat"), WHOLE);
    execFileSync("wasm-opt", ["-g", "--emit-target-features", "--enable-reference-types", "--enable-mutable-globals", at("whole.wat"), "-o", at("whole.wasm")]);
    const counts = await split(await read(at("whole.wasm")), isFirst, at("first.wasm"), at("later.wasm"));
    return { counts, first: readFileSync(at("first.wasm")), later: readFileSync(at("later.wasm")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function start({ first, later }) {
  const seen = { loads: 0, notes: [] };
  const load = () => {
    seen.loads += 1;
    new WebAssembly.Instance(new WebAssembly.Module(later), { first: seen.exports });
    seen.exports.later.value = 1;
  };
  const { instance } = await WebAssembly.instantiate(first, { host: { note: (value) => seen.notes.push(value) }, later: { load } });
  seen.exports = instance.exports;
  return seen;
}

test("the first part works alone for what it has", async () => {
  const built = await parts((name) => !["multiply", "answer"].includes(name));
  assert.deepEqual([built.counts.first, built.counts.later], [5, 2]);
  const page = await start(built);
  assert.equal(page.exports.apply(0, 3, 4), 7);
  assert.equal(page.loads, 0);
});

test("a call through the table and a direct call reach the later part, which is loaded once", async () => {
  const page = await start(await parts((name) => !["multiply", "answer"].includes(name)));
  assert.equal(page.exports.apply(1, 3, 4), 12);
  assert.equal(page.exports.answer(), 42);
  assert.equal(page.loads, 1);
  assert.equal(page.exports.calls(), 2, "both parts count in one global");
  assert.deepEqual(page.notes, [7], "the later part reaches the host");
});

test("an export may be a function of the later part, and all functions may be", async () => {
  const page = await start(await parts(() => false));
  assert.equal(page.exports.apply(1, 5, 6), 30);
  assert.equal(page.exports.calls(), 1);
});
