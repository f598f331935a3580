import assert from "node:assert/strict";
import { ROOMS, sourceFiles, sourceText } from "./source_files.ts";

/** A flag, or a command: what a program that imports the library has not got. */
const OF_COMMANDS = /(?<=^|[\s("'`])--(?=[a-z]|$)|\bdeno (task|run|jupyter)\b|\bcommands?\b/;

/** Literals of other kinds, by file. */
const OTHERS: Readonly<Record<string, string>> = {
  "engine/device.ts": "a command of the GPU",
  "notebook/jupyter.ts": "the command of Deno that sets a notebook up",
  "page/colours.ts": "properties of CSS",
  "page/style.ts": "properties of CSS",
};

/** The texts of the string literals and templates in a source. */
function literals(path: string, source: string): string[] {
  const found: string[] = [];
  const rule: Deno.lint.Rule = {
    create: () => ({
      Literal({ value }) {
        if (typeof value === "string") found.push(value);
      },
      TemplateElement({ cooked }) {
        found.push(cooked);
      },
    }),
  };
  Deno.lint.runPlugin({ name: "messages", rules: { literals: rule } }, path, source);
  return found;
}

Deno.test("no message of the library names a flag or a command", async () => {
  const rooms = ROOMS.filter((room) => room !== "tasks");
  const wrong: string[] = [];
  const others = new Set<string>();
  let n = 0;
  for (const path of ["mod.ts", "web.ts", ...await Array.fromAsync(sourceFiles(...rooms))]) {
    for (const text of literals(path, await sourceText(path))) {
      n++;
      if (!OF_COMMANDS.test(text)) continue;
      if (path in OTHERS) others.add(path);
      else wrong.push(`${path}: ${text}`);
    }
  }
  assert.ok(n > 5000, `${n}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual([...others].sort(), Object.keys(OTHERS));
});
