import { deepStrictEqual as deepEqual, doesNotMatch, ok } from "node:assert/strict";
import { join } from "node:path";
import { buildPage } from "../../tasks/demo/build_page.ts";

/** Of all files together, each compressed as servers send it. */
const MOST_BYTES = 82_000;

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

Deno.test("the demo's page is four files of this program's sources alone, together at most 82 kB compressed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const names = await buildPage(folder);
    deepEqual(names.toSorted(), ["index.html", "page.js", "style.css", "worker.js"]);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), names.toSorted());
    const sizes = new Map<string, number>();
    for (const name of names) {
      const bytes = await Deno.readFile(join(folder, name));
      sizes.set(name, await gzipped(bytes));
      if (!name.endsWith(".js")) continue;
      const text = new TextDecoder().decode(bytes);
      doesNotMatch(text, /(^|[;}\n])import[ "{*]|\bimport\(|["'`]node:|\bDeno\.|zod/i, name);
    }
    const total = sizes.values().reduce((sum, size) => sum + size);
    ok(total <= MOST_BYTES, `${total} bytes: ${[...sizes].join("; ")}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
