import assert from "node:assert/strict";
import { readTar, TarError } from "../../../train/formats/tar.ts";
import { makeTar } from "./make_tar.ts";

const files = {
  "folder/a.bin": Uint8Array.from({ length: 1300 }, (_, i) => i),
  "folder/empty.bin": new Uint8Array(0),
  "b.txt": new TextEncoder().encode("hello"),
  "folder/full.bin": new Uint8Array(512).fill(7),
};

/** The bytes in chunks of this size. */
async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await bytes.subarray(at, at + size);
}

const readAll = (bytes: Uint8Array, size = 700, isRequested = (_name: string) => true) =>
  Array.fromAsync(readTar(chunks(bytes, size), isRequested));

Deno.test("readTar() yields every requested file, however the stream is chunked", async () => {
  const tar = makeTar(files);
  for (const size of [1, 511, 512, 513, 10_000]) {
    const read = await readAll(tar, size);
    assert.deepEqual(Object.fromEntries(read.map(({ name, bytes }) => [name, bytes])), files);
  }
  const some = await readAll(tar, 700, (name) => name.endsWith(".txt"));
  assert.deepEqual(some.map(({ name }) => name), ["b.txt"]);
});

Deno.test("readTar() refuses an archive truncated before its end mark", async () => {
  const tar = makeTar(files);
  const end = tar.length - 1024;
  for (let length = 0; length <= end; length += 100) {
    await assert.rejects(() => readAll(tar.subarray(0, length)), TarError, `${length} bytes`);
    const skipping = readAll(tar.subarray(0, length), 700, () => false);
    await assert.rejects(skipping, TarError, `${length} bytes skipped`);
  }
});

Deno.test("readTar() refuses what is not an archive, or declares too much", async () => {
  await assert.rejects(() => readAll(new Uint8Array(2048).fill(65)), TarError);
  const damaged = makeTar(files);
  damaged[2] ^= 1;
  await assert.rejects(() => readAll(damaged), TarError);
  const lying = makeTar({ big: new Uint8Array(1) });
  lying.set(new TextEncoder().encode("77777777777"), 124);
  const sum = lying.subarray(0, 512).reduce((s, b, i) => s + (i >= 148 && i < 156 ? 32 : b), 0);
  lying.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0")), 148);
  await assert.rejects(() => readAll(lying), { name: "TarError", message: /ends early/ });
});
