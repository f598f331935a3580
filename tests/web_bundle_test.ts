import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MOST_BYTES = 80_000;

Deno.test("web.ts is at most 80 kB for a browser, minified and compressed, and has nothing of Deno's", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "web.js");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform=browser", "--minify", "-o", out, "web.ts"],
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    if (code !== 0 && /esbuild/i.test(said)) {
      console.warn(`skipped: deno bundle could not fetch esbuild\n${said}`);
      return;
    }
    assert.equal(code, 0, said);
    const text = await Deno.readTextFile(out);
    assert.doesNotMatch(text, /\b(import|from) ?"|\bimport\(|\brequire\(/);
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = (await new Response(stream).arrayBuffer()).byteLength;
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
