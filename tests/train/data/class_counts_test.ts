import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { classCounts } from "../../../train/data/class_counts.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { presets } from "../../../train/config/presets.ts";

const { dataset } = presets.quickstart;

Deno.test("classCounts() counts what a data set has, without loading it", async () => {
  for (const n of [5, 16, 40]) {
    const { labels, class_names } = shapes({ image_size: 8, n, seed: 0 });
    const counts = class_names.map((_, label) => labels.filter((l) => l === label).length);
    deepEqual((await classCounts({ ...dataset, n })).map((count) => count + 0), counts);
  }
  deepEqual(await classCounts({ ...dataset, name: "cifar10" }), new Array(10).fill(5000));
  const path = join(import.meta.dirname!, "../../data/images/classes");
  deepEqual(await classCounts({ ...dataset, name: "folder", path }), [3, 2]);
});

Deno.test("classCounts() says which folder it cannot list, or that none is named", async () => {
  await rejects(classCounts({ ...dataset, name: "folder", path: "no/such" }), {
    name: "DatasetError",
    message: /no\/such/,
  });
  await rejects(classCounts({ ...dataset, name: "folder" }), { name: "UsageError" });
});
