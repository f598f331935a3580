import { deepStrictEqual as deepEqual, doesNotMatch, ok } from "node:assert/strict";
import { join } from "node:path";
import { buildPage } from "../../tasks/demo/build_page.ts";

/** Of the scripts, and of the page and its style beside them. */
const MOST_BYTES = { scripts: 80_000, others: 4_000 };

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

Deno.test("the demo's page is four files of this program's sources alone, its scripts at most 80 kB compressed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const names = await buildPage(folder);
    deepEqual(names.toSorted(), ["index.html", "page.js", "style.css", "worker.js"]);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), names.toSorted());
    const total = { scripts: 0, others: 0 };
    for (const name of names) {
      const bytes = await Deno.readFile(join(folder, name));
      const isScript = name.endsWith(".js");
      total[isScript ? "scripts" : "others"] += await gzipped(bytes);
      if (!isScript) continue;
      const text = new TextDecoder().decode(bytes);
      doesNotMatch(
        text,
        /(^|[;}\n])import[ "{*]|\bimport\(|["'`]node:|\bDeno\.|zod/i,
        name,
      );
    }
    ok(total.scripts <= MOST_BYTES.scripts, `the scripts are ${total.scripts} bytes`);
    ok(total.others <= MOST_BYTES.others, `the others are ${total.others} bytes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
