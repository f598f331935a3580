import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { checkDataset } from "../../../train/data/check_dataset.ts";
import { datasetOutline } from "../../../train/data/dataset_outline.ts";
import { loadDataset } from "../../../train/data/load_dataset.ts";
import { presets } from "../../../train/config/presets.ts";

const { dataset, nnet } = presets.quickstart;

const outline = (name: string, path: string | null) =>
  datasetOutline({ nnet, dataset: { ...dataset, name, path } });

Deno.test("datasetOutline() is of the images that opening the data set gives", async () => {
  const path = join(import.meta.dirname!, "../../data/images/classes");
  const configs = [
    ...[5, 16, 40].map((n) => ({ ...dataset, n, image_size: 8 })),
    { ...dataset, name: "folder", path },
  ];
  for (const dataset of configs) {
    for (const in_chans of [1, 3]) {
      const config = { dataset, nnet: { ...nnet, in_chans }, seed: 0 };
      const source = await loadDataset(config);
      const { shape, class_names, class_counts } = await datasetOutline(config);
      deepEqual({ shape, class_names, class_counts }, {
        shape: source.shape,
        class_names: source.class_names,
        class_counts: source.class_counts,
      });
    }
  }
});

Deno.test("datasetOutline() of CIFAR-10 needs none of its files", async () => {
  const { shape, class_counts } = await outline("cifar10", null);
  deepEqual([shape, class_counts], [[3, 32, 32], new Array(10).fill(5000)]);
});

Deno.test("datasetOutline() says which folder it cannot list, or that none is named", async () => {
  await rejects(outline("folder", "no/such"), {
    name: "DatasetError",
    message: /no\/such/,
  });
  await rejects(outline("folder", null), { name: "UsageError" });
});

Deno.test("checkDataset() refuses a path for images that are drawn", async () => {
  const config = { ...presets.quickstart, dataset: { ...dataset, path: "photos" } };
  await rejects(checkDataset(config), {
    name: "UsageError",
    message: "dataset.path: shapes are drawn by the program and take no files; for your own " +
      "images set dataset.name=folder",
  });
});
