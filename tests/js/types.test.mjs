// The types that ship beside the module: a program that uses all of it compiles, wrong uses do not.
import assert from "node:assert/strict";
import { test } from "node:test";
import ts from "typescript";

test("the shipped types describe the whole API", () => {
  const program = ts.createProgram(["tests/js/types.ts"], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
    types: [],
  });
  const problems = ts.getPreEmitDiagnostics(program).map((found) => {
    const place = found.file?.getLineAndCharacterOfPosition(found.start ?? 0);
    return `${found.file?.fileName}:${(place?.line ?? 0) + 1} ${ts.flattenDiagnosticMessageText(found.messageText, " ")}`;
  });
  assert.deepEqual(problems, []);
});
