import assert from "node:assert/strict";
import { posix } from "node:path";

const rooms = ["engine", "nets", "train", "eval", "tasks"];
const browserRooms = ["engine", "nets"];
const root = new URL("..", import.meta.url);

/** Says what in a file of a room, `path` from the root, is not allowed there. */
function problemsIn(path: string, source: string): string[] {
  const room = path.split("/")[0];
  const isForBrowsers = browserRooms.includes(room);

  const problemOfImport = (specifier: string): string | undefined => {
    if (specifier.startsWith("node:") && isForBrowsers) return "web APIs only";
    if (!specifier.startsWith(".")) return undefined;
    const target = posix.join(posix.dirname(path), specifier).split("/")[0];
    const isAllowed = rooms.includes(target) && rooms.indexOf(target) <= rooms.indexOf(room);
    return isAllowed ? undefined : `${room} must not use ${target}`;
  };
  const rule: Deno.lint.Rule = {
    create(context) {
      const checkImport = (node: Deno.lint.Node, specifier: unknown) => {
        const problem = typeof specifier === "string" ? problemOfImport(specifier) : undefined;
        if (problem !== undefined) context.report({ node, message: `"${specifier}": ${problem}` });
      };
      return {
        ImportDeclaration: (node) => checkImport(node, node.source.value),
        ExportAllDeclaration: (node) => checkImport(node, node.source.value),
        ExportNamedDeclaration: (node) => checkImport(node, node.source?.value),
        ImportExpression(node) {
          if (node.source.type === "Literal") checkImport(node, node.source.value);
        },
        TSImportType(node) {
          const { argument } = node;
          if (argument.type === "TSLiteralType" && argument.literal.type === "Literal") {
            checkImport(node, argument.literal.value);
          }
        },
        Identifier(node) {
          if (node.name === "Deno" && isForBrowsers) {
            context.report({ node, message: "Deno: web APIs only" });
          }
        },
      };
    },
  };
  const plugin: Deno.lint.Plugin = { name: "rooms", rules: { rooms: rule } };
  return Deno.lint.runPlugin(plugin, path, source).map(({ message, range }) => {
    const line = source.slice(0, range[0]).split("\n").length;
    return `${path}:${line} ${message}`;
  });
}

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourcesIn(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

Deno.test("problemsIn() finds every way to reach what is out of bounds", () => {
  const source = [
    'import { a } from "./ops/a.ts";',
    'import { b } from "../../nets/b.ts";',
    'import type { C } from "../../train/c.ts";',
    'export * from "../../eval/d.ts";',
    'export { e } from "../../mod.ts";',
    'const f = await import("../../tasks/f.ts");',
    'let g: import("../../train/g.ts").G;',
    'import { join } from "node:path";',
    "globalThis.Deno.env;",
    'const text = "Deno"; // Deno',
    "const more = `${Deno.cwd()} Deno`;",
  ].join("\n");
  const lines = problemsIn("engine/ops/z.ts", source).map((problem) => problem.split(/[: ]/)[1]);
  assert.deepEqual(lines.map(Number).toSorted((a, b) => a - b), [2, 3, 4, 5, 6, 7, 8, 9, 11]);
  assert.deepEqual(
    problemsIn("nets/z.ts", 'import "../engine/a.ts";\nimport "zod";\nimport "../train/b.ts";'),
    ['nets/z.ts:3 "../train/b.ts": nets must not use train'],
  );
  assert.deepEqual(problemsIn("tasks/z.ts", 'import "../eval/a.ts"; import "node:path";'), []);
});

Deno.test("each room imports only from rooms to its left, engine and nets use web APIs only", async () => {
  const problems: string[] = [];
  let count = 0;
  for (const room of rooms) {
    for await (const path of sourcesIn(room)) {
      count++;
      problems.push(...problemsIn(path, await Deno.readTextFile(new URL(path, root))));
    }
  }
  assert.ok(count > rooms.length, `only ${count} source files found`);
  assert.deepEqual(problems, []);
});
