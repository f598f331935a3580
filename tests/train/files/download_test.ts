import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download, type DownloadProgress } from "../../../train/files/download.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
const sha256 = createHash("sha256").update(BYTES).digest("hex");

/** Runs with a fresh folder and a loopback server that answers like this. */
async function withServer(
  answer: () => Response,
  run: (folder: string, url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await run(folder, `http://127.0.0.1:${server.addr.port}/data.bin`);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("download() stores the file once it is whole, and reports progress", async () => {
  await withServer(() => new Response(BYTES), async (folder, url) => {
    const seen: DownloadProgress[] = [];
    const to = join(folder, "deep", "data.bin");
    await download({ url, to, sha256, onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(Deno.readFileSync(to), BYTES);
    assert.deepEqual(names(join(folder, "deep")), ["data.bin"]);
    const last = { what: "download", done: BYTES.length, total: BYTES.length };
    assert.deepEqual(seen.at(-1), last);
  });
});

Deno.test("download() leaves nothing behind where the file is another, or missing", async () => {
  const refuses = (answer: () => Response, message: RegExp) =>
    withServer(answer, async (folder, url) => {
      const to = join(folder, "data.bin");
      const attempt = download({ url, to, sha256 });
      await assert.rejects(attempt, { name: "DownloadError", message });
      assert.deepEqual(names(folder), []);
    });
  await refuses(() => new Response(BYTES.subarray(1)), /data\.bin.*SHA-256 sum is .* instead of/);
  await withServer(() => new Response(BYTES), async (folder, url) => {
    const beginning = sha256.slice(0, 8);
    const attempt = download({ url, to: join(folder, "data.bin"), sha256: beginning });
    await assert.rejects(attempt, { name: "DownloadError" });
  });
  await refuses(() => new Response("gone", { status: 404 }), /the server says 404/);
});

Deno.test("download() gives up on a server that falls silent", async () => {
  const stop = new AbortController();
  const silent = () => {
    // The server cancels the stream once it hears that the client has gone.
    let cancelled = false;
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(BYTES.subarray(0, 1000));
          stop.signal.addEventListener("abort", () => cancelled || controller.close());
        },
        cancel: () => void (cancelled = true),
      }),
    );
  };
  await withServer(silent, async (folder, url) => {
    const attempt = download({ url, to: join(folder, "data.bin"), sha256, timeout_ms: 200 });
    await assert.rejects(attempt, { name: "DownloadError", message: /no answer for 0\.2 s/ });
    assert.deepEqual(names(folder), []);
    stop.abort();
  });
});

Deno.test("download() fails in one line where no server answers", async () => {
  const folder = await Deno.makeTempDir();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/data.bin`;
  listener.close();
  const attempt = download({ url, to: join(folder, "data.bin"), sha256 });
  await assert.rejects(attempt, {
    name: "DownloadError",
    message: /^cannot download http:[^\n]+$/,
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("download() removes temporary files of killed downloads once they are old, and no others", async () => {
  await withServer(() => new Response(BYTES), async (folder, url) => {
    for (const name of ["data.binold.part", "data.binliving.part", "other.part"]) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    for (const name of ["data.binold.part", "other.part"]) Deno.utimeSync(join(folder, name), 1, 1);
    await download({ url, to: join(folder, "data.bin"), sha256 });
    assert.deepEqual(names(folder).sort(), ["data.bin", "data.binliving.part", "other.part"]);
  });
});
