// One scenario and one seed make one history: the hash of each scenario of the gallery, natively and in WebAssembly.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Cluster } from "../../dist/kubarium.js";

const FOLDER = "static/scenarios";
const scenarios = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const native = (args) => execFileSync("cargo", ["run", "-q", "--bin", "kubarium", "--", ...args], { encoding: "utf8" }).trim();

test("the gallery is not empty", () => assert.ok(scenarios.length > 0));

for (const name of scenarios) {
  test(`${name}: the same history natively and in WebAssembly`, () => {
    const file = `${FOLDER}/${name}`;
    const cluster = Cluster.create({ scenario: readFileSync(file, "utf8") });
    cluster.advance(120_000);
    assert.equal(cluster.hash(), native(["run", file, "--until", "2m", "-o", "hash"]));
    // The same instant by another way: a look back, and small steps.
    const hash = cluster.hash();
    cluster.seek(30_000);
    while (cluster.now() < 120_000) cluster.advance(Math.min(777, 120_000 - cluster.now()));
    assert.equal(cluster.hash(), hash);
    cluster.free();
  });
}
