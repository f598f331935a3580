import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { exists } from "../train/files/durable.ts";
import { standalone, typeErrors } from "./documents/check_blocks.ts";
import { commandsOf, flagsOf, type ShownCommand, type TaskCommand } from "./documents/commands.ts";
import { makeExampleFiles } from "./documents/example_files.ts";
import { explainedMessages, sourceMessages, unknownParts } from "./documents/messages.ts";
import {
  deadLinks,
  missingFiles,
  type Page,
  parsePage,
  readPages,
  ROOT,
} from "./documents/pages.ts";
import { isFlag, readCommand, taskOf } from "./documents/read_command.ts";
import { isCheap, runCommand } from "./documents/run_command.ts";

const pages = await readPages();

/** The cheap commands of the pages are at least this many. */
const RUN_AT_LEAST = 8;

/** A page in which most is wrong. */
const wrongPage = parsePage(
  "page.md",
  [
    "# A page, with `code`",
    "[good](README.md#start) [here](#a-page-with-code) `[no link](x)` [web](https://x.y)",
    "`engine/mod.ts` `engine/ops/` `engine/nowhere.ts`",
    "[no file](docs/nowhere.md) [no anchor](README.md#nowhere) [nor here](#b)",
    "`deno task train --n_step=3`, `deno task train`, `--n_steps` `--serial`, `--n_step=3`",
    "```sh",
    "deno task train --scalelong=9    # a comment",
    "deno task train --preset=cifar \\",
    "  --n_steps=3",
    "deno task sample --checkpoint='runs/a' --sampler=ddim --variant=fast",
    "deno task draw",
    "deno task bench --only=all",
    "deno task fid",
    "deno task test tests/nowhere",
    "npx -y deno@1.0.0 task train",
    "curl example.org",
    "deno task train --scalelong=3 && deno task train",
    "```",
    "```ts",
    'import { nothing } from "jsr:@scalelong/scalelong";',
    "```",
  ].join("\n"),
);

/** Calls `use` with a folder that has the files of the examples. */
async function withExamples(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await makeExampleFiles(folder);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads commands as their tasks do. @returns a line for each that is wrong, and the right ones */
async function readAll(
  commands: readonly ShownCommand[],
  folder: string,
): Promise<
  { problems: string[]; read: (TaskCommand & Pick<ShownCommand, "where" | "isWhole">)[] }
> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const place = (path: string) => names.includes(path.split("/")[0]) ? join(folder, path) : path;
  const problems: string[] = [];
  const read: (TaskCommand & Pick<ShownCommand, "where" | "isWhole">)[] = [];
  for (const command of commands) {
    try {
      const task = taskOf(command);
      // In a sentence, a task's name stands for the task.
      if (task === null || (!command.isWhole && task.args.length === 0)) continue;
      await readCommand(task, place);
      read.push({ ...task, where: command.where, isWhole: command.isWhole });
    } catch (error) {
      problems.push(`${command.where} ${command.text}: ${(error as Error).message}`);
    }
  }
  return { problems, read };
}

/** The flags in the sentences of pages that no task has. */
async function unknownFlags(pages: readonly Page[]): Promise<string[]> {
  const unknown: string[] = [];
  const known = new Map<string, boolean>();
  for (const { where, name } of pages.flatMap(flagsOf)) {
    if (!known.has(name)) known.set(name, await isFlag(name));
    if (!known.get(name)) unknown.push(where);
  }
  return unknown;
}

Deno.test("the README is for the first ten minutes", async () => {
  const lines = (await Deno.readTextFile(join(ROOT, "README.md"))).split("\n").length - 1;
  ok(lines < 200, `it has ${lines} lines: move something to docs/`);
});

Deno.test("every link of the pages leads somewhere, and every file that they name exists", async () => {
  deepEqual(await deadLinks(pages), []);
  deepEqual(await missingFiles(pages), []);
});

Deno.test("every command of the pages is one that its task takes; cheap ones are run", async () => {
  await withExamples(async (folder) => {
    const { problems, read } = await readAll(pages.flatMap(commandsOf), folder);
    deepEqual(problems, []);
    const done = new Set<string>();
    for (const { where, isWhole, ...command } of read) {
      const key = JSON.stringify(command);
      if (!isWhole || done.has(key) || !await isCheap(command, folder)) continue;
      done.add(key);
      const { code, said } = await runCommand(command, folder);
      equal(code, 0, `${where}: ${said}`);
    }
    ok(done.size >= RUN_AT_LEAST, `only ${done.size} were run`);
    ok(await exists(join(folder, "images", "000031.png")));
  });
});

Deno.test("every flag that a sentence names is one of a task's", async () => {
  // These also name the flags of others, and one that there is not.
  const others = ["docs/from_pytorch.md", "BENCHMARKS.md"];
  deepEqual(await unknownFlags(pages.filter(({ path }) => !others.includes(path))), []);
});

Deno.test("every TypeScript block of the pages type-checks, and a wrong one does not", async () => {
  const { wrong, said } = await typeErrors([wrongPage, ...pages]);
  deepEqual(wrong, ["page.md_20.ts"], said);
});

Deno.test("every message that is explained is one of the source's", async () => {
  const page = pages.find(({ path }) => path === "docs/troubleshooting.md")!;
  const messages = explainedMessages(page);
  ok(messages.length > 30);
  deepEqual(unknownParts(messages, await sourceMessages()), []);
});

Deno.test("a dead link, a wrong command and a wrong message are found", async () => {
  deepEqual(await deadLinks([wrongPage, ...pages]), [
    "page.md:4 docs/nowhere.md",
    "page.md:4 README.md#nowhere",
    "page.md:4 #b",
  ]);
  deepEqual(await missingFiles([wrongPage]), ["page.md:3 engine/nowhere.ts"]);
  await withExamples(async (folder) => {
    const { problems, read } = await readAll(commandsOf(wrongPage), folder);
    deepEqual(read, []);
    deepEqual(problems.map((line) => line.split(" ")[0]).sort(), [
      ...[10, 11, 12, 13, 14, 15, 16, 17, 5, 7, 8].map((line) => `page.md:${line}`),
    ]);
  });
  deepEqual(await unknownFlags([wrongPage]), ["page.md:5 --n_step"]);
  equal(
    standalone('// engine/ops/x.ts\nimport { y } from "../y.ts";', "docs/p.md"),
    `// engine/ops/x.ts\nimport { y } from "${new URL("../engine/y.ts", import.meta.url)}";`,
  );
  deepEqual(unknownParts(["a line that .. nobody says"], "a line that"), [
    "nobody says (of: a line that .. nobody says)",
  ]);
});
