import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import settings from "../deno.json" with { type: "json" };
import { sourceFiles, sourceText } from "./source_files.ts";

Deno.test("each command downloads only the packages that it imports", async () => {
  // Deno downloads every package of this map before any task.
  const named = Object.keys(settings.imports);
  const imported = new Set<string>();
  for await (const path of sourceFiles("engine", "nets", "train", "eval", "tasks")) {
    if (/^tasks\/(bench|stability)/.test(path)) continue;
    const text = await sourceText(path);
    for (const [, name] of text.matchAll(/ from "((?:@[^/"]+\/)?[^."/:][^"/]*)/g)) {
      imported.add(name);
    }
  }
  assert.deepEqual(named.filter((name) => !imported.has(name)), []);
  assert.ok(settings.unstable.includes("npm-lazy-caching"));
});

Deno.test("every command keeps to the lock file, which names every package", async () => {
  for (const [name, { command }] of Object.entries(settings.tasks)) {
    assert.match(command, /--lock=deno\.lock /, name);
  }
  const { specifiers } = JSON.parse(
    await Deno.readTextFile(fileURLToPath(import.meta.resolve("../deno.lock"))),
  );
  const inline: string[] = [];
  for await (const path of sourceFiles("tasks")) {
    const text = await sourceText(path);
    inline.push(...[...text.matchAll(/ from "(npm:[^"]+)"/g)].map(([, specifier]) => specifier));
  }
  const all = [...Object.values(settings.imports), ...inline];
  assert.deepEqual(Object.keys(specifiers).sort(), [...new Set(all)].sort());
});
