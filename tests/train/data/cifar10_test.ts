import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { cifar10, type Cifar10Origin } from "../../../train/data/cifar10.ts";
import { gzip, makeTar } from "../formats/make_tar.ts";

/** A batch file whose records have these labels; each pixel byte encodes record and position. */
const batch = (...labels: number[]) =>
  Uint8Array.from(labels.flatMap((label, i) => [
    label,
    ...Array.from({ length: 3072 }, (_, p) => label + i + p),
  ]));

/** Runs with a folder that has these files, and removes it. */
async function withFolder(
  files: Record<string, Uint8Array>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeFile(join(folder, name), bytes);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const refuses = (path: string, message: RegExp, split: "train" | "test" = "train") =>
  assert.rejects(() => cifar10({ path, split }), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "DatasetError");
    assert.match(error.message, /^[^\n]+$/);
    assert.match(error.message, message);
    return true;
  });

const INSIDE = "cifar-10-batches-bin";
const parts = {
  [`${INSIDE}/data_batch_2.bin`]: batch(9),
  [`${INSIDE}/data_batch_1.bin`]: batch(3, 0),
  [`${INSIDE}/readme.html`]: new TextEncoder().encode("hello"),
  [`${INSIDE}/test_batch.bin`]: batch(7),
};

Deno.test("cifar10() reads the binary folder, its parent and the archive alike", async () => {
  await withFolder({ ...parts, "c.tar.gz": await gzip(makeTar(parts)) }, async (folder) => {
    for (const path of [folder, join(folder, INSIDE), join(folder, "c.tar.gz")]) {
      const data = await cifar10({ path, split: "train" });
      assert.deepEqual(data.labels, Int32Array.of(3, 0, 9));
      assert.equal(data.class_names[data.labels[0]], "cat");
      assert.deepEqual([data.length, ...data.shape], [3, 3, 32, 32]);
      const second = Uint8Array.from({ length: 3072 }, (_, p) => 0 + 1 + p);
      assert.deepEqual(data.images.subarray(3072, 6144), second);
      assert.match(data.name, /train \(3 of 50000 images: data_batch_1.bin, data_batch_2.bin\)/);
      assert.deepEqual((await cifar10({ path, split: "test" })).labels, Int32Array.of(7));
    }
  });
});

Deno.test("cifar10() names what it found in place of CIFAR-10", async () => {
  await withFolder({ "a.txt": batch(1) }, async (folder) => {
    await refuses(folder, /no data_batch_1\.bin or .*only a\.txt: give path=FOLDER, /);
    await refuses(join(folder, "nowhere"), /cannot read CIFAR-10 from .*nowhere/);
    await refuses(join(folder, "a.txt"), /a\.txt is not a whole cifar-10-binary\.tar\.gz/);
  });
  await withFolder({}, (folder) => refuses(folder, /only nothing at all/, "test"));
  await withFolder(
    { "other.tar.gz": await gzip(makeTar({ "x.bin": batch(1) })) },
    (folder) => refuses(join(folder, "other.tar.gz"), /only an archive of other files/),
  );
});

Deno.test("cifar10() refuses damaged files by name", async () => {
  await withFolder(
    { "data_batch_1.bin": batch(1).subarray(0, 3000) },
    (folder) => refuses(folder, /data_batch_1\.bin in .* has 3000 bytes/),
  );
  await withFolder(
    { "data_batch_1.bin": new Uint8Array(0) },
    (folder) => refuses(folder, /data_batch_1\.bin in .* has 0 bytes/),
  );
  await withFolder(
    { "test_batch.bin": batch(1, 10) },
    (folder) => refuses(folder, /test_batch\.bin in .* image 1 has the label 10/, "test"),
  );
});

Deno.test("cifar10() refuses an archive cut off anywhere", async () => {
  const archive = await gzip(makeTar(parts));
  await withFolder({}, async (folder) => {
    const path = join(folder, "c.tar.gz");
    for (let part = 0; part < 1; part += 0.1) {
      await Deno.writeFile(path, archive.subarray(0, Math.floor(archive.length * part)));
      await refuses(path, /c\.tar\.gz is not a whole/);
    }
    await Deno.writeFile(path, archive.subarray(0, -1));
    await refuses(path, /c\.tar\.gz is not a whole/);
  });
});

Deno.test("cifar10() without a path downloads the archive once", async () => {
  const archive = await gzip(makeTar(parts));
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    requests++;
    return new Response(archive);
  });
  await withFolder({}, async (cache) => {
    const origin: Cifar10Origin = {
      url: `http://127.0.0.1:${server.addr.port}/`,
      sha256: createHash("sha256").update(archive).digest("hex"),
      cache,
    };
    assert.equal((await cifar10({ split: "train", origin })).length, 3);
    assert.equal((await cifar10({ path: null, split: "test", origin })).length, 1);
    assert.equal(requests, 1);
    await server.shutdown();

    const stored = join(cache, "cifar-10-binary.tar.gz");
    await Deno.writeFile(stored, archive.toReversed());
    await assert.rejects(() => cifar10({ split: "train", origin }), {
      name: "DatasetError",
      message: new RegExp(`is damaged .*not ${origin.sha256}\\): remove it`),
    });

    const other = { ...origin, cache: join(cache, "other") };
    await assert.rejects(() => cifar10({ split: "train", origin: other }), (error) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message.includes(origin.url) && error.message.includes("give path=FILE"));
      return true;
    });
  });
});
