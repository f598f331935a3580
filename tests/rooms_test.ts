import assert from "node:assert/strict";
import { posix } from "node:path";
import { ROOMS, sourceFiles, sourceText } from "./source_files.ts";

const browserRooms = ["engine", "nets"];
/** A room for people: nothing imports from it, commands neither. */
const TOP_ROOM = "notebook";

/**
 * What each folder of a room, and the files at the room's top, may import from the same room besides
 * their own. A folder that is not here is part of the one it lies in.
 */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  "engine": ["engine/ops", "engine/reference", "engine/kernels", "engine/plan"],
  "engine/ops": ["engine"],
  "engine/reference": ["engine", "engine/ops"],
  "engine/kernels": ["engine", "engine/ops"],
  "engine/plan": ["engine", "engine/ops", "engine/kernels"],
  "engine/testing": ["engine", "engine/ops", "engine/kernels", "engine/plan"],

  "nets": [],

  "train/files": [],
  "train/formats": [],
  "train/diffusion": [],
  "train/config": ["train/formats", "train/diffusion"],
  "train/data": ["train/files", "train/formats", "train/diffusion", "train/config"],
  "train/collective": [],
  "train/tensorboard": ["train/files", "train/formats", "train/config"],
  "train/checkpoints": [
    "train/files",
    "train/formats",
    "train/diffusion",
    "train/config",
    "train/data",
  ],
  "train": [
    "train/files",
    "train/formats",
    "train/diffusion",
    "train/config",
    "train/data",
    "train/checkpoints",
    "train/collective",
  ],

  "eval/samplers": ["eval"],
  "eval/execution": ["eval", "eval/samplers"],
  "eval/image_sets": ["eval", "eval/samplers", "eval/execution", "eval/latents"],
  "eval/metrics": ["eval", "eval/samplers", "eval/execution", "eval/image_sets"],
  "eval/latents": [],
  "eval/stability": ["eval", "eval/samplers", "eval/execution"],
  "eval/training": [
    "eval",
    "eval/samplers",
    "eval/execution",
    "eval/latents",
    "eval/image_sets",
    "eval/metrics",
    "eval/text",
  ],
  "eval/text": ["eval/execution"],
  "eval": [
    "eval/samplers",
    "eval/execution",
    "eval/latents",
    "eval/image_sets",
    "eval/metrics",
    "eval/stability",
    "eval/text",
  ],

  "page": [],

  "notebook": [],
};

/** The floor that a file is on: one of {@linkcode FLOORS}, or a folder of `tasks/`. */
function floorOf(path: string): string {
  const [room, folder] = path.split("/");
  const isFolder = path.split("/").length > 2;
  const name = `${room}/${folder}`;
  return isFolder && (room === "tasks" || Object.hasOwn(FLOORS, name)) ? name : room;
}

/** The folder of `tasks/` that every command may use. */
const SHARED = "tasks/cli";

/** Why a file may not import another of its room; a command has its own folder and the shared one. */
function problemInRoom(path: string, target: string): string | undefined {
  const [from, to] = [floorOf(path), floorOf(target)];
  const command = path.replace(/\.ts$/, "");
  const isAllowed = path.startsWith("tasks/")
    ? to === SHARED || to === (from === "tasks" ? command : from)
    : from === to || FLOORS[from].includes(to);
  return isAllowed ? undefined : `${from} must not use ${to}`;
}

/** What a file loads when it runs: specifiers of its imports and re-exports, types left out. */
function loadedBy(path: string, source: string): string[] {
  const found = new Set<string>();
  const add = (kind: unknown, names: readonly unknown[] | null, specifier: unknown) => {
    const kinds = (names ?? []).map((name) =>
      (name as { importKind?: string; exportKind?: string }).importKind ??
        (name as { exportKind?: string }).exportKind
    );
    const isType = kind === "type" || (kinds.length > 0 && kinds.every((kind) => kind === "type"));
    if (!isType && typeof specifier === "string") found.add(specifier);
  };
  const rule: Deno.lint.Rule = {
    create: () => ({
      ImportDeclaration: (node) => add(node.importKind, node.specifiers, node.source.value),
      ExportAllDeclaration: (node) => add(node.exportKind, null, node.source.value),
      ExportNamedDeclaration: (node) => add(node.exportKind, node.specifiers, node.source?.value),
      ImportExpression: ({ source }) => add("value", null, "value" in source && source.value),
    }),
  };
  Deno.lint.runPlugin({ name: "loads", rules: { loads: rule } }, path, source);
  return [...found];
}

/** Whether a file names `Deno` in code: an identifier, not a text or a comment. */
function usesDeno(path: string, source: string): boolean {
  const create = (context: Deno.lint.RuleContext): Deno.lint.LintVisitor => ({
    Identifier(node) {
      if (node.name === "Deno") context.report({ node, message: "Deno" });
    },
  });
  return Deno.lint.runPlugin({ name: "web", rules: { web: { create } } }, path, source).length > 0;
}

/** A line for each thing in a file of a room, `path` from the root, that is not allowed there. */
function problemsIn(path: string, source: string): string[] {
  const room = path.split("/")[0];
  const isForBrowsers = browserRooms.includes(room);

  const problemOfImport = (specifier: string): string | undefined => {
    if (specifier.startsWith("node:") && isForBrowsers) return "web APIs only";
    if (!specifier.startsWith(".")) return undefined;
    const targetPath = posix.join(posix.dirname(path), specifier);
    const target = targetPath.split("/")[0];
    if (target === room) return problemInRoom(path, targetPath);
    const isBelow = ROOMS.includes(target) && ROOMS.indexOf(target) < ROOMS.indexOf(room);
    const isAllowed = isBelow && target !== TOP_ROOM;
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
  assert.deepEqual(problemsIn("tasks/z.ts", 'import "../notebook/a.ts";'), [
    'tasks/z.ts:1 "../notebook/a.ts": tasks must not use notebook',
  ]);
});

Deno.test("problemsIn() holds the order inside a room", () => {
  const problems = (path: string, ...targets: string[]) =>
    problemsIn(path, targets.map((target) => `import "${target}";`).join("\n"))
      .map((problem) => problem.slice(problem.indexOf(": ") + 2));

  assert.deepEqual(
    problems("engine/ops/a.ts", "./b.ts", "../tensor.ts", "../kernels/c.ts", "../plan/d.ts"),
    ["engine/ops must not use engine/kernels", "engine/ops must not use engine/plan"],
  );
  assert.deepEqual(problems("engine/kernels/gemm/a.ts", "../b.ts", "../../ops/c.ts"), []);
  assert.deepEqual(problems("engine/kernels/gemm/a.ts", "../../plan/b.ts"), [
    "engine/kernels must not use engine/plan",
  ]);
  assert.deepEqual(problems("train/formats/a.ts", "./zip.ts", "../config/b.ts", "../log.ts"), [
    "train/formats must not use train/config",
    "train/formats must not use train",
  ]);
  assert.deepEqual(problems("train/train_loop.ts", "./log.ts", "./checkpoints/a.ts"), []);
  assert.deepEqual(problems("eval/samplers/a.ts", "../time_grid.ts", "../execution/b.ts"), [
    "eval/samplers must not use eval/execution",
  ]);
  assert.deepEqual(problems("eval/metrics/linalg/a.ts", "../inception/b.ts"), []);
  assert.deepEqual(
    problems("tasks/fid.ts", "./cli/flags.ts", "./fid/side.ts", "./sample/a.ts", "./sample.ts"),
    ["tasks must not use tasks/sample", "tasks must not use tasks"],
  );
  assert.deepEqual(problems("tasks/fid/a.ts", "../cli/setup/b.ts", "../train/c.ts", "../fid.ts"), [
    "tasks/fid must not use tasks/train",
    "tasks/fid must not use tasks",
  ]);
  assert.deepEqual(problems("tasks/cli/setup/a.ts", "../flags.ts", "../../train/b.ts"), [
    "tasks/cli must not use tasks/train",
  ]);
  assert.deepEqual(problems("page/chart_svg.ts", "./plot_svg.ts", "../tasks/report/a.ts"), [
    "page must not use tasks",
  ]);
  assert.deepEqual(problems("eval/a.ts", "../page/html.ts"), ["eval must not use page"]);
  assert.deepEqual(problems("tasks/report/a.ts", "../cli/b.ts", "../../page/c.ts"), []);
});

Deno.test("rooms and folders import only from below, engine and nets use web APIs only", async () => {
  const problems: string[] = [];
  let count = 0;
  for await (const path of sourceFiles(...ROOMS)) {
    count++;
    problems.push(...problemsIn(path, await sourceText(path)));
  }
  assert.ok(count > ROOMS.length, `only ${count} source files found`);
  assert.deepEqual(problems, []);
});

Deno.test("loadedBy() leaves out what is imported as a type alone, usesDeno() texts and comments", () => {
  const source = [
    'import { a, type A } from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import { type C } from "./c.ts";',
    'export * from "./d.ts";',
    'export { type E } from "./e.ts";',
    'export { f } from "./f.ts";',
    'import "./g.ts";',
    'const h = await import("zod");',
    'const text = "Deno"; // Deno',
  ].join("\n");
  const loaded = ["./a.ts", "./d.ts", "./f.ts", "./g.ts", "zod"];
  assert.deepEqual(loadedBy("z.ts", source).sort(), loaded);
  assert.ok(!usesDeno("z.ts", source) && usesDeno("z.ts", "Deno.cwd();"));
});

Deno.test("web.ts, with all that it loads, uses web APIs only: no Deno, no node:, no package", async () => {
  const reached = new Set(["web.ts"]);
  const problems: string[] = [];
  for (const path of reached) {
    const source = await sourceText(path);
    if (usesDeno(path, source)) problems.push(`${path} uses Deno`);
    for (const specifier of loadedBy(path, source)) {
      if (specifier.startsWith(".")) reached.add(posix.join(posix.dirname(path), specifier));
      else problems.push(`${path} loads ${specifier}`);
    }
  }
  for (const path of ["engine/device.ts", "nets/uvit.ts", "train/train_step.ts"]) {
    assert.ok(reached.has(path), path);
  }
  assert.deepEqual(problems, []);
});
