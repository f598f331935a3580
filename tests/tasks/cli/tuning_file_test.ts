import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { tuningFile } from "../../../tasks/cli/tuning_file.ts";

Deno.test("tuningFile() keeps the variants of each adapter", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "cache", "variants.json");
  deepEqual(await tuningFile(file).recall("a"), new Map());
  await tuningFile(file).remember("a", new Map([["product", "64"]]));
  await tuningFile(file).remember("b", new Map([["product", "128"]]));
  deepEqual(await tuningFile(file).recall("a"), new Map([["product", "64"]]));
  deepEqual(await tuningFile(file).recall("b"), new Map([["product", "128"]]));
  deepEqual(await tuningFile(file).recall("c"), new Map());
  await Deno.remove(folder, { recursive: true });
});

Deno.test("tuningFile() ignores a broken or foreign file, and replaces it", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "variants.json");
  for (const text of ["", '{"a": {"product"', "[1, 2]", '{"a": {"product": 64}}', "null"]) {
    await Deno.writeTextFile(file, text);
    deepEqual(await tuningFile(file).recall("a"), new Map());
    await tuningFile(file).remember("a", new Map([["product", "64"]]));
    deepEqual(await tuningFile(file).recall("a"), new Map([["product", "64"]]));
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("tuningFile() lets a run continue where it cannot be written", async () => {
  const notAFolder = await Deno.makeTempFile();
  const memory = tuningFile(join(notAFolder, "variants.json"));
  await memory.remember("a", new Map([["product", "64"]]));
  deepEqual(await memory.recall("a"), new Map());
  await Deno.remove(notAFolder);
});
