import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { decodeFiles } from "../../../../train/data/folder/decode_files.ts";
import { encodePng } from "../../../../train/formats/image.ts";
import { makeFolder } from "./make_folder.ts";

const SIZE = 3 * 4 * 4;
const NAMES = [10, 20, 30, 40, 50].map((value) => `${value}.png`);

Deno.test("a start that ends while it decodes leaves what it has decoded to the next", async () => {
  const png = (name: string) => encodePng(new Uint8Array(3 * 16).fill(parseInt(name)), 4, 4);
  await using folder = await makeFolder(Object.fromEntries(NAMES.map((n) => [n, png(n)])));
  const cache = join(folder.path, "cache", "images");
  /** The first byte of each image, and how many were decoded; a start that ends at one of them. */
  const start = async (end = Infinity) => {
    let decoded = 0;
    const { images } = await decodeFiles(
      NAMES.map((name) => join(folder.path, name)),
      new Uint8Array(NAMES.length * SIZE),
      {
        decode: { image_size: 4, channels: 3, is_upright: true, background: null },
        cache,
        part_bytes: 2 * SIZE,
        onProgress: () => {
          if (++decoded === end) throw new Error("killed");
        },
      },
    );
    return [NAMES.map((_, i) => images[i * SIZE]), decoded];
  };
  const parts = async () => (await Deno.readTextFile(cache)).split("SLimages").length - 1;
  const all = [10, 20, 30, 40, 50];
  await rejects(start(3), /killed/);
  await rejects(start(2), /killed/);
  equal(await parts(), 2);
  // Cut within its second part, as by a kill while that is written.
  await Deno.truncate(cache, (await Deno.stat(cache)).size - 1);
  deepEqual(await start(), [all, 3]);
  deepEqual([await start(), await parts()], [[all, 0], 3]);
  // What is of no use any more is not kept.
  await Deno.writeFile(join(folder.path, NAMES[2]), png("33.png"));
  await Deno.utime(join(folder.path, NAMES[2]), 1, 1);
  const changed = [10, 20, 33, 40, 50];
  deepEqual(await start(), [changed, 1]);
  deepEqual([await start(), await parts()], [[changed, 0], 1]);
});
