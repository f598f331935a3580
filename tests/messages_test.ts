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

/** Calls `take` with each template and each string of a source. */
function visit(path: string, source: string, take: {
  readonly text: (text: string) => void;
  readonly template?: (template: Deno.lint.TemplateLiteral) => void;
}): void {
  const rule: Deno.lint.Rule = {
    create: () => ({
      Literal({ value }) {
        if (typeof value === "string") take.text(value);
      },
      TemplateElement: ({ cooked }) => take.text(cooked),
      TemplateLiteral: (template) => take.template?.(template),
    }),
  };
  Deno.lint.runPlugin({ name: "messages", rules: { literals: rule } }, path, source);
}

/** What programs count, and people read: one of them is "1 step". */
const COUNTED =
  /^ (images|steps|classes|runs|arrays|kernels|subsets|seeds|channels)(?![\w/])(?! (do|are|were) )/;

/** Before numbers with a plural all the same. */
const PLURAL = [
  /\bof $/, // "1 of 1 images"
  /\bthe (last )?$/, // there are many
  /\/$/, // progress: 3/10 images
];

/** Sources that keep their wording. */
const KEPT: Readonly<Record<string, string>> = {
  "train/data/shape_drawing.ts": "there are none, or fewer",
  "eval/training/score_kind.ts": "the text is compared with those that runs have recorded",
};

Deno.test("no message of the library names a flag or a command", async () => {
  const rooms = ROOMS.filter((room) => room !== "tasks");
  const wrong: string[] = [];
  const others = new Set<string>();
  let n = 0;
  for (const path of ["mod.ts", "web.ts", ...await Array.fromAsync(sourceFiles(...rooms))]) {
    visit(path, await sourceText(path), {
      text: (text) => {
        n++;
        if (!OF_COMMANDS.test(text)) return;
        if (path in OTHERS) others.add(path);
        else wrong.push(`${path}: ${text}`);
      },
    });
  }
  assert.ok(n > 5000, `${n}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual([...others].sort(), Object.keys(OTHERS));
});

Deno.test("what is counted is in the singular where there is one", async () => {
  const wrong: string[] = [];
  for (const path of await Array.fromAsync(sourceFiles(...ROOMS))) {
    if (path in KEPT) continue;
    visit(path, await sourceText(path), {
      text: () => {},
      template: ({ quasis }) => {
        for (const [i, { cooked }] of quasis.slice(1).entries()) {
          if (!COUNTED.test(cooked) || PLURAL.some((text) => text.test(quasis[i].cooked))) continue;
          wrong.push(`${path}: ..${cooked.split("\n")[0]}`);
        }
      },
    });
  }
  assert.deepEqual(wrong, []);
});
