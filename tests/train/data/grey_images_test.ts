import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { presets } from "../../../train/config/presets.ts";
import { cifar10 } from "../../../train/data/cifar10.ts";
import { greyPlane } from "../../../train/data/grey.ts";
import { imageFolder } from "../../../train/data/image_folder.ts";
import type { InMemorySource } from "../../../train/data/in_memory_source.ts";
import { loadDataset } from "../../../train/data/load_dataset.ts";
import { shapes } from "../../../train/data/shapes.ts";

/** Fails where `grey` is not image by image the grey of `coloured`. */
function isGreyOf(coloured: InMemorySource, grey: InMemorySource): void {
  const [, height, width] = coloured.shape;
  deepEqual([grey.shape, grey.length], [[1, height, width], coloured.length]);
  const pixels = height * width;
  for (let i = 0; i < grey.length; i++) {
    const planes = coloured.images.subarray(i * 3 * pixels, (i + 1) * 3 * pixels);
    deepEqual(grey.images.subarray(i * pixels, (i + 1) * pixels), greyPlane(planes), `image ${i}`);
  }
  deepEqual(grey.labels, coloured.labels);
}

Deno.test("shapes() and cifar10() come in grey where one channel is asked for", async () => {
  const drawn = { image_size: 8, n: 20, seed: 3 };
  isGreyOf(shapes(drawn), shapes({ ...drawn, channels: 1 }));
  const path = await Deno.makeTempDir();
  try {
    const record = (label: number) => [label, ...Array.from({ length: 3072 }, (_, p) => p * label)];
    const bytes = Uint8Array.from([...record(3), ...record(7)]);
    await Deno.writeFile(join(path, "data_batch_1.bin"), bytes);
    const grey = await cifar10({ path, split: "train", channels: 1 });
    isGreyOf(await cifar10({ path, split: "train" }), grey);
    equal(grey.name, "CIFAR-10 train in grey (2 of 50000 images: data_batch_1.bin)");
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("loadDataset() opens images in grey for a network of one channel", async () => {
  const path = join(import.meta.dirname!, "../../data/images/classes");
  const { nnet, dataset } = presets.quickstart;
  const config = {
    nnet: { ...nnet, in_chans: 1 },
    dataset: { ...dataset, n: 3, image_size: 8 },
    seed: 0,
  };
  equal((await loadDataset(config)).name, "shapes in grey");
  const folder = { ...config, dataset: { ...config.dataset, name: "folder", path } };
  const grey = await loadDataset(folder);
  deepEqual(grey.shape, [1, 8, 8]);
  const { images } = await imageFolder({ path, image_size: 8, channels: 1 });
  deepEqual((await grey.read([0, 1, 2, 3, 4])).data, images);
  equal(new Set(images).size > 8, true);
});
