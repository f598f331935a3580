import { deepStrictEqual as deepEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { OpenFiles } from "../../../../train/data/features/open_files.ts";
import { temporaryFolder } from "./made_features.ts";

Deno.test("OpenFiles keeps a bounded number open, and gives each use its own position", async () => {
  await using folder = await temporaryFolder();
  const paths = Array.from({ length: 5 }, (_, i) => join(folder.path, String(i)));
  for (const path of paths) await Deno.writeTextFile(path, `<${path}>`);
  using files = new OpenFiles(2);
  const read = (path: string) =>
    files.use(path, async (file) => {
      const bytes = new Uint8Array(path.length + 2);
      file.seekSync(0, Deno.SeekMode.Start);
      // Byte by byte, so that uses that are not kept apart mix.
      for (let i = 0; i < bytes.length; i++) await file.read(bytes.subarray(i, i + 1));
      ok(files.size <= 2);
      return new TextDecoder().decode(bytes);
    });
  const wanted = [...paths, paths[0], paths[0], ...paths.toReversed()];
  deepEqual(await Promise.all(wanted.map(read)), wanted.map((path) => `<${path}>`));
  await rejects(read(join(folder.path, "none")), {
    name: "DatasetError",
    message: /none cannot be opened: /,
  });
});
