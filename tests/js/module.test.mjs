// The JavaScript API in Node, on the module of the release build.
import assert from "node:assert/strict";
import { test } from "node:test";

test("the module loads in Node and mounts nothing", async () => {
  const api = await import("../../dist/kubarium.js");
  assert.equal(typeof api, "object");
  assert.equal(globalThis.document, undefined);
});
