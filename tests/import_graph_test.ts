import assert from "node:assert/strict";
import { posix } from "node:path";
import { ROOMS, sourceFiles, sourceText } from "./source_files.ts";

/** The files that each file imports from, types included. */
type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The elementary operations are each other's adjoints; no other files may import in a circle. */
const allowedCircles = [
  ["engine/ops/binary.ts", "engine/ops/sum.ts", "engine/ops/unary.ts", "engine/ops/views.ts"],
];

/** Relative specifiers of a file's imports and re-exports, as paths from the root. */
function importsOf(path: string, source: string): string[] {
  const found = new Set<string>();
  const add = (specifier: unknown) => {
    if (typeof specifier === "string" && specifier.startsWith(".")) {
      found.add(posix.join(posix.dirname(path), specifier));
    }
  };
  const rule: Deno.lint.Rule = {
    create: () => ({
      ImportDeclaration: (node) => add(node.source.value),
      ExportAllDeclaration: (node) => add(node.source.value),
      ExportNamedDeclaration: (node) => add(node.source?.value),
      TSImportType({ argument }) {
        if (argument.type === "TSLiteralType" && argument.literal.type === "Literal") {
          add(argument.literal.value);
        }
      },
    }),
  };
  Deno.lint.runPlugin({ name: "imports", rules: { imports: rule } }, path, source);
  return [...found];
}

/** Groups of files that all import each other, directly or not (Tarjan, 1972), sorted. */
function circlesOf(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file)).toSorted();
    if (circle.length > 1 || graph.get(file)?.includes(file)) circles.push(circle);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles.toSorted((a, b) => a[0] < b[0] ? -1 : 1);
}

/** A file and all that it imports, directly or not. */
function reachedFrom(graph: ImportGraph, file: string): Set<string> {
  const reached = new Set([file]);
  for (const from of reached) for (const next of graph.get(from) ?? []) reached.add(next);
  return reached;
}

async function readGraph(): Promise<ImportGraph> {
  const graph = new Map<string, string[]>();
  for await (const path of sourceFiles(...ROOMS)) {
    graph.set(path, importsOf(path, await sourceText(path)));
  }
  assert.ok(graph.size > ROOMS.length, `only ${graph.size} source files found`);
  return graph;
}

Deno.test("importsOf() finds imports, type imports and re-exports of files", () => {
  const source = [
    'import { a } from "./ops/a.ts";',
    'import type { B } from "../nets/b.ts";',
    'import { type C } from "./c.ts";',
    'export * from "./d.ts";',
    'export { e } from "./e.ts";',
    'export type { F } from "./f.ts";',
    'let g: import("./g.ts").G;',
    'import "./h.ts";',
    'import "zod";',
    'const text = "./i.ts";',
  ].join("\n");
  const names = ["engine/ops/a", "nets/b", ..."cdefgh".split("").map((name) => `engine/${name}`)];
  assert.deepEqual(importsOf("engine/z.ts", source).toSorted(), names.map((n) => `${n}.ts`).sort());
});

Deno.test("circlesOf() finds each circle, whole, and reachedFrom() everything below a file", () => {
  const graph = new Map(Object.entries({
    a: ["b", "e"],
    b: ["c", "d"],
    c: ["b"],
    d: ["e", "outside"],
    e: ["f"],
    f: ["g", "d"],
    g: [],
    h: ["a", "h"],
  }));
  assert.deepEqual(circlesOf(graph), [["b", "c"], ["d", "e", "f"], ["h"]]);
  assert.deepEqual(circlesOf(new Map(Object.entries({ a: ["b", "c"], b: ["c"], c: [] }))), []);
  assert.deepEqual([...reachedFrom(graph, "d")], ["d", "e", "outside", "f", "g"]);
});

Deno.test("no files import each other in a circle but the adjoints of the elementary operations", async () => {
  assert.deepEqual(circlesOf(await readGraph()), allowedCircles);
});

Deno.test("the reference evaluator reaches no kernel", async () => {
  const reached = [...reachedFrom(await readGraph(), "engine/reference.ts")];
  assert.ok(reached.includes("engine/tensor.ts"));
  assert.deepEqual(reached.filter((path) => path.startsWith("engine/kernels/")), []);
});
