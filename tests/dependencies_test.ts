import assert from "node:assert/strict";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import settings from "../deno.json" with { type: "json" };
import { ROOMS, sourceFiles, sourceText } from "./source_files.ts";

Deno.test("each command downloads only the packages that it imports", async () => {
  // Deno downloads every package of this map before any task.
  const named = Object.keys(settings.imports);
  const imported = new Set<string>();
  for await (const path of sourceFiles(...ROOMS)) {
    if (/^tasks\/(bench|stability)/.test(path)) continue;
    const text = await sourceText(path);
    for (const [, name] of text.matchAll(/ from "((?:@[^/"]+\/)?[^."/:][^"/]*)/g)) {
      imported.add(name);
    }
  }
  assert.deepEqual(named.filter((name) => !imported.has(name)), []);
  assert.ok(settings.unstable.includes("npm-lazy-caching"));
});

Deno.test("no command downloads an image decoder or a tokenizer before a file or a text needs it", async () => {
  const seen = new Set(["tasks/train.ts", "tasks/fid.ts", "tasks/sample.ts", "mod.ts"]);
  for (const path of seen) {
    const text = await sourceText(path);
    assert.doesNotMatch(text, / from "(@jsquash|@huggingface)\//, path);
    for (const [, specifier] of text.matchAll(/(?:from |import |import\()"(\.[^"]+\.ts)"/g)) {
      // Types alone load nothing.
      if (text.includes(`typeof import("${specifier}")`)) continue;
      seen.add(posix.join(posix.dirname(path), specifier));
    }
  }
  assert.ok(seen.has("train/formats/image.ts") && seen.has("eval/text/clip_tokenizer.ts"));
});

Deno.test("packages that are named with a version are those of deno.json", async () => {
  const named = Object.values(settings.imports);
  for await (const path of sourceFiles("engine", "nets", "train", "eval")) {
    for (const [, specifier] of (await sourceText(path)).matchAll(/"(npm:@?[^@"]+@[^/"]+)/g)) {
      assert.ok(named.includes(specifier), `${path} names ${specifier}`);
    }
  }
});

Deno.test("every command keeps to the lock file, which names every package", async () => {
  for (const [name, { command }] of Object.entries(settings.tasks)) {
    assert.match(command, /--lock=deno\.lock /, name);
  }
  const { specifiers } = JSON.parse(
    await Deno.readTextFile(fileURLToPath(import.meta.resolve("../deno.lock"))),
  );
  const inline: string[] = [];
  for await (const path of sourceFiles("page", "tasks", "tests")) {
    const text = await sourceText(path);
    inline.push(...[...text.matchAll(/ from "(npm:[^"]+)"/g)].map(([, specifier]) => specifier));
  }
  const all = [...Object.values(settings.imports), ...inline];
  assert.deepEqual(Object.keys(specifiers).sort(), [...new Set(all)].sort());
});
