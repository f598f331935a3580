import assert from "node:assert/strict";
import { join } from "node:path";
import { presets } from "../../../train/config/presets.ts";
import { dataIdentity } from "../../../train/data/data_identity.ts";
import { DATASET_NAMES, DATASET_SPLITS, datasetNamed } from "../../../train/data/data_sets.ts";
import { loadDataset } from "../../../train/data/load_dataset.ts";
import { shapes } from "../../../train/data/shapes.ts";

const config = presets.quickstart;

Deno.test("the table of data sets gives names, and the splits that need no path", () => {
  assert.deepEqual(DATASET_NAMES.slice(0, 3), ["shapes", "cifar10", "folder"]);
  for (const split of ["cifar10:train", "cifar10:test", "shapes:train"]) {
    assert.ok(DATASET_SPLITS.includes(split), split);
  }
  assert.ok(!DATASET_SPLITS.some((split) => split.startsWith("folder:")));
});

Deno.test("loadDataset() opens the training split as the configuration says", async () => {
  const dataset = { ...config.dataset, n: 40, image_size: 8 };
  const source = await loadDataset({ ...config, dataset, seed: 5 });
  const expected = shapes({ n: 40, image_size: 8, seed: 5 });
  assert.deepEqual(await dataIdentity(source), await dataIdentity(expected));
  const path = join(import.meta.dirname!, "../../data/images/classes");
  const folder = await loadDataset({ ...config, dataset: { ...dataset, name: "folder", path } });
  assert.deepEqual([folder.class_names, folder.class_counts], [["cat", "ship"], [3, 2]]);
});

Deno.test("datasetNamed() says which data sets there are, and which need a path", () => {
  const unknown = {
    name: "UsageError",
    message: /^dataset\.name: there is no data set "other", only shapes, cifar10/,
  };
  assert.throws(() => datasetNamed({ name: "other", path: null }), unknown);
  assert.throws(() => datasetNamed({ name: "toString", path: null }), { name: "UsageError" });
  assert.throws(() => datasetNamed({ name: "folder", path: null }), {
    name: "UsageError",
    message: "dataset.name=folder needs dataset.path=FOLDER",
  });
});

Deno.test("loadDataset() says where a network reads only the beginning of captions", async () => {
  const { quickstart_t2i } = presets;
  const dataset = { ...quickstart_t2i.dataset, n: 40 };
  const notes = async (num_clip_token: number) => {
    const found: string[] = [];
    const nnet = { ...quickstart_t2i.nnet, num_clip_token };
    const onNote = (note: string) => found.push(note);
    await loadDataset({ ...quickstart_t2i, dataset, nnet }, { onNote });
    return found;
  };
  assert.deepEqual(await notes(12), []);
  const [note] = await notes(6);
  assert.match(
    note,
    /^captions have up to \d+ tokens, and the network reads the first 4 of each; .*_token=\d+$/,
  );
});
