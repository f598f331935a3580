import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { datasetNamed } from "../../../train/data/data_sets.ts";
import { datasetOutline } from "../../../train/data/dataset_outline.ts";
import { presets } from "../../../train/config/presets.ts";

const { dataset } = presets.quickstart;

Deno.test("datasetOutline() is of the images that opening the data set gives", async () => {
  const path = join(import.meta.dirname!, "../../data/images/classes");
  const configs = [
    ...[5, 16, 40].map((n) => ({ ...dataset, n, image_size: 8 })),
    { ...dataset, name: "folder", path },
  ];
  for (const config of configs) {
    const source = await datasetNamed(config).open({ ...config, split: "train", seed: 0 });
    const { shape, class_names, class_counts } = await datasetOutline(config);
    deepEqual({ shape, class_names, class_counts }, {
      shape: source.shape,
      class_names: source.class_names,
      class_counts: source.class_counts,
    });
  }
});

Deno.test("datasetOutline() of CIFAR-10 needs none of its files", async () => {
  const { shape, class_counts } = await datasetOutline({ ...dataset, name: "cifar10" });
  deepEqual([shape, class_counts], [[3, 32, 32], new Array(10).fill(5000)]);
});

Deno.test("datasetOutline() says which folder it cannot list, or that none is named", async () => {
  await rejects(datasetOutline({ ...dataset, name: "folder", path: "no/such" }), {
    name: "DatasetError",
    message: /no\/such/,
  });
  await rejects(datasetOutline({ ...dataset, name: "folder" }), { name: "UsageError" });
});
