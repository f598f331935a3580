import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import settings from "../deno.json" with { type: "json" };
import * as everything from "../mod.ts";
import { decodeImage } from "../train/formats/image.ts";
import { tokenizerJson } from "./eval/text/clip_files.ts";
import {
  consumerSettings,
  copyPackage,
  dryRun,
  type Publication,
  reachedFiles,
  runDeno,
  served,
} from "./published_package.ts";
import { TINY } from "./tasks/tiny_run.ts";

/** Of the archive that is uploaded. */
const MOST_BYTES = 600_000;

/** Asked once for all tests. */
let asked: Promise<Publication> | undefined;
const publication = () => asked ??= dryRun();

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readme(): Promise<string> {
  return await Deno.readTextFile(new URL("../README.md", import.meta.url));
}

Deno.test("the package is small and whole, and has neither tests nor pictures in it", async () => {
  const { code, said, files } = await publication();
  assert.equal(code, 0, said);
  const paths = Object.values(settings.exports).map((path) => path.slice(2));
  for (const path of ["README.md", "LICENSE", "deno.json", ...paths]) {
    assert.ok(files.includes(path), `${path} is not published`);
  }
  const odd = files.filter((path) =>
    !/^((engine|nets|train|eval|page|notebook|tasks)\/.*\.ts|[^/]+)$/.test(path)
  );
  assert.deepEqual(odd, []);
  const sources = await Promise.all(
    files.map((path) => Deno.readFile(new URL(`../${path}`, import.meta.url))),
  );
  const archive = new Blob(sources).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(archive).arrayBuffer();
  assert.ok(byteLength < MOST_BYTES, `${byteLength} bytes`);
});

Deno.test("every source in the package is reached from an export; the rest is what JSR shows", async () => {
  const { files } = await publication();
  const entries = Object.values(settings.exports).map((path) => path.slice(2));
  const reached = await reachedFiles(entries);
  assert.deepEqual([...reached].filter((path) => !files.includes(path)), []);
  assert.deepEqual(files.filter((path) => !reached.has(path)).sort(), [
    "LICENSE",
    "README.md",
    "deno.json",
  ]);
});

/** What `deno doc --json` says of a file. */
interface Documented {
  readonly module_doc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly {
      /** `reference` where another entry point has the symbol itself. */
      readonly kind: string;
      readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
    }[];
  }[];
}

interface Tag {
  readonly kind: string;
  readonly doc?: string | readonly string[];
}

/** The parts of JSR's score that a repository decides, and what each is worth. */
const SCORE = {
  "a README": 2,
  "an example in the README or the main module": 1,
  "documentation of every module": 1,
  "documentation of four fifths of the symbols": 5,
  "no slow types": 5,
};

Deno.test("the package has all of JSR's score that a repository decides", async () => {
  const { said, files } = await publication();
  const paths = Object.values(settings.exports);
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  }).output();
  assert.equal(code, 0);
  const nodes: Record<string, Documented> = JSON.parse(new TextDecoder().decode(stdout)).nodes;
  const modules = paths.map((path) => nodes[import.meta.resolve(`.${path}`)]);
  const symbols = modules.flatMap(({ symbols }) => symbols)
    .filter(({ declarations }) => declarations.every(({ kind }) => kind !== "reference"));
  assert.ok(symbols.length > 300);
  const documented = symbols.filter(({ declarations }) =>
    declarations.some(({ jsDoc }) => jsDoc?.doc)
  );
  const examples = modules.map(({ module_doc }) =>
    (module_doc?.tags ?? []).filter(({ kind, doc }) => kind === "example" && doc?.includes("```"))
  );
  const met: Record<keyof typeof SCORE, boolean> = {
    "a README": files.includes("README.md"),
    "an example in the README or the main module": /^```ts$/m.test(await readme()),
    "documentation of every module": modules.every(({ module_doc }) => module_doc?.doc),
    "documentation of four fifths of the symbols": documented.length >= 0.8 * symbols.length,
    "no slow types": !/slow type/i.test(said.replace("Checking for slow types", "")),
  };
  const lost = Object.entries(met).filter(([, isMet]) => !isMet).map(([what]) => what);
  assert.deepEqual(lost, []);
  // Beyond the score: nothing is without documentation, no module without an example.
  const names = symbols.filter((symbol) => !documented.includes(symbol)).map(({ name }) => name);
  assert.deepEqual(names, []);
  assert.deepEqual(paths.filter((_, i) => examples[i].length === 0), []);
  // The documentation lists symbols by category; what has none would be lost among "others".
  const scattered = symbols.filter(({ declarations }) =>
    !declarations.some(({ jsDoc }) => jsDoc?.tags?.some(({ kind }) => kind === "category"))
  );
  assert.deepEqual(scattered.map(({ name }) => name), []);
});

Deno.test("every error class that the package exports is a UserError", () => {
  const classes = Object.values<unknown>(everything)
    .filter((value) => typeof value === "function" && value.prototype instanceof Error);
  assert.ok(classes.length > 10);
  const others = classes.filter((value) =>
    value !== everything.UserError &&
    !((value as typeof Error).prototype instanceof everything.UserError)
  );
  assert.deepEqual(others, []);
});

Deno.test("the README's program runs in a project of its own, with the permissions that it names", async () => {
  const { files } = await publication();
  const text = await readme();
  const program = /## As a library\n\n```ts\n([^]*?)```/.exec(text)?.[1];
  const permissions = /^deno run ((?:--\S+ )+)program\.ts$/m.exec(text)?.[1].trim().split(" ");
  assert.ok(program && permissions);
  await withFolder(async (folder) => {
    const [copy, project] = [join(folder, "package"), join(folder, "project")];
    await copyPackage(files, copy);
    await Deno.mkdir(project);
    const set = (base: string) =>
      Deno.writeTextFile(join(project, "deno.json"), consumerSettings(base));
    await Deno.writeTextFile(join(project, "program.ts"), program);

    await set(`file://${copy}/`);
    const here = await runDeno(project, "run", "-q", ...permissions, "program.ts", "1");
    assert.equal(here.code, 0, here.said);
    assert.match(here.said, /^1 [\d.]+\n$/);
    const png = join(project, "samples.png");
    const { width, height } = await decodeImage(await Deno.readFile(png), png);
    assert.deepEqual([width, height], [298, 298]);

    await Deno.remove(png);
    await Deno.remove(join(project, "run"), { recursive: true });
    await served(copy, async (base) => {
      await set(base);
      const allowed = [...permissions, `--allow-import=${new URL(base).host}`];
      const there = await runDeno(project, "run", "-q", ...allowed, "program.ts", "1");
      assert.deepEqual(there, here);
      await Deno.stat(png);
    });
  });
});

Deno.test("each part is imported without a permission, images and texts are read, and train runs from its address", async () => {
  const { files } = await publication();
  await withFolder(async (folder) => {
    const [copy, project] = [join(folder, "package"), join(folder, "project")];
    await copyPackage(files, copy);
    await Deno.mkdir(project);
    await served(copy, async (base) => {
      const host = `--allow-import=${new URL(base).host}`;
      await Deno.writeTextFile(join(project, "deno.json"), consumerSettings(base));
      const parts = Object.keys(settings.exports).map((name) =>
        `@scalelong/scalelong${name.slice(1)}`
      );
      const lines = parts.map((part, i) =>
        `import * as m${i} from "${part}";\nconsole.log(!!m${i});`
      );
      await Deno.writeTextFile(join(project, "parts.ts"), lines.join("\n"));
      const imported = await runDeno(project, "run", "-q", host, "parts.ts");
      assert.deepEqual(imported, { code: 0, said: "true\n".repeat(parts.length) });

      // What is imported by a name that is known only then; the decoder is read from Deno's cache.
      const jpeg = new URL("./data/images/photos/one_pixel.jpg", import.meta.url);
      await Deno.copyFile(jpeg, join(project, "one.jpg"));
      await Deno.writeTextFile(
        join(project, "decode.ts"),
        'import { decodeImage } from "@scalelong/scalelong/train";\n' +
          'const { width, height } = await decodeImage(await Deno.readFile("one.jpg"), "one.jpg");\n' +
          "console.log(width, height);",
      );
      const decoded = await runDeno(project, "run", "-q", host, "--allow-read", "decode.ts");
      assert.deepEqual(decoded, { code: 0, said: "1 1\n" });

      await Deno.writeTextFile(join(project, "tokenizer.json"), tokenizerJson);
      await Deno.writeTextFile(
        join(project, "encode.ts"),
        'import { openClipTokenizer } from "@scalelong/scalelong/eval";\n' +
          'console.log((await openClipTokenizer(".", { length: 5 })).encode("b c").ids.join());',
      );
      const encoded = await runDeno(project, "run", "-q", host, "--allow-read", "encode.ts");
      assert.deepEqual(encoded, { code: 0, said: "62,1,2,63,63\n" });

      const address = `${base}tasks/train.ts`;
      const flags = [...TINY, "--n_steps=2", "--workdir=run", "--scalelong=3"];
      const trained = await runDeno(project, "run", "-q", "-A", address, ...flags);
      assert.equal(trained.code, 0, trained.said);
      assert.match(trained.said, /^2 steps, .*\n?$/m);
      await Deno.stat(join(project, "run", "checkpoints", "2", "nnet_ema.safetensors"));
      const { said } = await runDeno(project, "run", "-q", "-A", address, "--help");
      assert.ok(said.includes(` run -A ${address} --`), said);
    });
  });
});
