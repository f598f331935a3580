import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { replaceFile, replaceFolder } from "../../../train/files/durable.ts";

Deno.test("replaceFile() and replaceFolder() change nothing where they fail", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
    const kept = join(folder, "kept");
    await replaceFolder(kept, (saving) => Deno.writeTextFile(join(saving, "a"), "old"));
    const full = new Error("the disk is full");
    await rejects(
      replaceFolder(kept, async (saving) => {
        await Deno.writeTextFile(join(saving, "a"), "new");
        throw full;
      }),
      full,
    );
    await rejects(replaceFile(kept, new Uint8Array(8)), Deno.errors.IsADirectory);
    deepEqual(names(), ["kept"]);
    equal(await Deno.readTextFile(join(kept, "a")), "old");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
