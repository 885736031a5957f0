// Splits the page's module in two: what a first visit runs, and the rest, which is loaded when the first picture stands.
//
// The parts share memory, tables and globals. The first part exports what the later one uses of it, under short names.
// Each function of the later part that the first part may call has a slot at the end of the table and a stub in the first
// part that calls through it. The slots are empty until the later part is there: `slot` then asks for it (www/later.js).
import { calls, functionText, globalsOf, NAME, write } from "./text.mjs";

/** The module under which each part imports from the other side. */
const FIRST = "first";
const LATER = "later";
const PARAMETERS = /\(param \S+ (\w+)\)/g;
const RESULTS = /\(result [\w ]+\)/;
const TABLE = /^ \(table \$(\S+) (\d+) (\d+) funcref\)$/;

const kindOf = (line) => line.match(/^ \((\w+)/)?.[1];
const NAMES = new RegExp(NAME, "g");
const EXPORTED = new RegExp(String.raw`\(func ${NAME}\)`);
const IMPORTED = new RegExp(String.raw`\(func ${NAME}(.*)\)\)$`);

/** A function of the later part as the first part sees it. */
function stub({ name, signature }, slot, table) {
  const types = Array.from(signature.matchAll(PARAMETERS), (match) => match[1]);
  const result = signature.match(RESULTS)?.[0] ?? "";
  const params = types.length > 0 ? `(param ${types.join(" ")})` : "";
  const values = types.map((_, at) => `(local.get ${at})`).join(" ");
  return ` (func $${name}${signature} (call_indirect $${table} ${params} ${result} ${values} (call $later.slot (i32.const ${slot}))))`;
}

/** Asks for the later part where it is missing, and gives the slot back. */
const SLOT = ` (global $later.here (export "later") (mut i32) (i32.const 0))
 (func $later.slot (param $0 i32) (result i32)
  (if (i32.eqz (global.get $later.here)) (then (call $later.load)))
  (local.get $0)
 )`;

/** What the first part exports to the later one, and how the later one imports it. */
class Shared {
  exports = [];
  imports = [];

  add(kind, name, type) {
    const short = this.exports.length.toString(36);
    this.exports.push(` (export "=${short}" (${kind} $${name}))`);
    this.imports.push(` (import "${FIRST}" "=${short}" (${kind} $${name} ${type}))`);
  }
}

/** The functions and globals that functions refer to. */
function uses(functions) {
  const used = { functions: new Set(), globals: new Set() };
  for (const { body } of functions) {
    const text = body.join("\n");
    for (const name of calls(text)) used.functions.add(name);
    for (const name of globalsOf(text)) used.globals.add(name);
  }
  return used;
}

/** Functions whose address or name leaves the module: those of the table and the exports. */
function addressed(lines) {
  const names = new Set();
  for (const line of lines) {
    const kind = kindOf(line);
    if (kind === "elem") for (const match of line.matchAll(NAMES)) names.add(match[1]);
    if (kind === "export") names.add(line.match(EXPORTED)?.[1]);
  }
  return names;
}

function share(module, later, used) {
  const shared = new Shared();
  const types = new Map(module.functions.map(({ name, signature }) => [name, signature]));
  for (const line of module.lines) {
    const kind = kindOf(line);
    if (kind === "import") {
      const [, name, type] = line.match(IMPORTED) ?? [];
      if (name) types.set(name, type);
    } else if (kind === "memory") shared.add("memory", ...line.match(/\(memory \$(\S+) (.*)\)$/).slice(1));
    else if (kind === "global") {
      const [, name, type] = line.match(/^ \(global \$(\S+) (\(mut \w+\)|\w+)/);
      if (used.globals.has(name)) shared.add("global", name, type);
    } else if (kind === "table" && !TABLE.test(line)) shared.add("table", ...line.match(/\(table \$(\S+) (.*)\)$/).slice(1));
  }
  for (const name of used.functions) if (!later.has(name)) shared.add("func", name, types.get(name));
  return shared;
}

/**
 * Writes the two parts of a module. `isFirst(name)`: whether a function belongs to the first part.
 * Returns how many functions each part has.
 */
export async function split(module, isFirst, firstPath, laterPath) {
  const first = module.functions.filter(({ name }) => isFirst(name));
  const rest = module.functions.filter(({ name }) => !isFirst(name));
  const later = new Set(rest.map(({ name }) => name));
  const shared = share(module, later, uses(rest));
  const entered = new Set([...uses(first).functions, ...addressed(module.lines)]);
  // Stubs that differ in nothing but their slot stand side by side: they compress better.
  const doors = rest.filter(({ name }) => entered.has(name)).sort((one, other) => (one.signature < other.signature ? -1 : 1));

  const table = module.lines.find((line) => TABLE.test(line));
  const [, tableName, size] = TABLE.exec(table);
  const whole = Number(size) + doors.length;
  const sized = ` (table $${tableName} ${whole} ${whole} funcref)`;
  shared.add("table", tableName, `${whole} ${whole} funcref`);

  const grown = module.lines.map((line) => (line === table ? sized : line));
  const at = grown.findLastIndex((line) => kindOf(line) === "import") + 1;
  grown.splice(at, 0, ` (import "${LATER}" "load" (func $later.load))`);
  const stubs = doors.map((door, index) => stub(door, Number(size) + index, tableName));
  await write(firstPath, module, [...grown, ...shared.exports, SLOT, ...first.map(functionText), ...stubs]);

  const types = module.lines.filter((line) => ["(module", "(type"].includes(line.trim().split(" ")[0]));
  const slots = ` (elem (table $${tableName}) (i32.const ${size}) func ${doors.map(({ name }) => `$${name}`).join(" ")})`;
  await write(laterPath, module, [...types, ...shared.imports, slots, ...rest.map(functionText)]);
  return { first: first.length, later: rest.length, doors: doors.length };
}
