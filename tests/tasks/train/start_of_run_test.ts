import { deepStrictEqual as deepEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { noteData, startOfRun } from "../../../tasks/train/start_of_run.ts";
import { type Checkpoint, saveCheckpoint } from "../../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../../train/config/config.ts";
import { presets } from "../../../train/config/presets.ts";
import { dataIdentity } from "../../../train/data/data_identity.ts";
import { type InMemorySource, inMemorySource } from "../../../train/data/in_memory_source.ts";
import { checkpointOf } from "../../train/checkpoints/checkpoint_of.ts";

/** Images of one pixel, each of a value, by class. */
type Classes = Readonly<Record<string, readonly number[]>>;

const ANIMALS: Classes = { cat: [1, 2, 3], dog: [4, 5] };

function source(classes: Classes): InMemorySource {
  return inMemorySource({
    name: "animals",
    shape: [1, 1, 1],
    class_names: Object.keys(classes),
    images: Uint8Array.from(Object.values(classes).flat()),
    labels: Int32Array.from(Object.values(classes).flatMap((v, label) => v.map(() => label))),
  });
}

/** Starts a run whose checkpoint of step 7 is of `trained`, and returns what is said. */
async function start(
  { trained, requested = {}, classes = ANIMALS, from_other = false }: {
    trained: Partial<Checkpoint>;
    requested?: Partial<Config>;
    classes?: Classes;
    from_other?: boolean;
  },
): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const run = join(folder, "run");
    await saveCheckpoint(run, { ...checkpointOf(7), ...trained }, 1);
    const workdir = from_other ? join(folder, "new") : run;
    const config = { ...presets.quickstart, ...requested, workdir };
    const flags = {
      resume_from: from_other ? run : null,
      init_from: null,
      init_from_partial: false,
    };
    const said: string[] = [];
    const note = (message: string) => void said.push(message.replaceAll(folder, "."));
    const { resumed } = await startOfRun(config, flags, Object.keys(classes), note);
    await noteData(resumed, source(classes), note);
    return said;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const data = await dataIdentity(source(ANIMALS));

Deno.test("a resumed run says nothing where settings and data are the same", async () => {
  deepEqual(await start({ trained: { data } }), ["going on from step 7 of ./run"]);
});

Deno.test("a resumed run lists each setting that differs, those forgotten too", async () => {
  const { quickstart } = presets;
  const requested = { optimizer: { ...quickstart.optimizer, lr: 1e-7 } };
  const train = { ...quickstart.train, grad_clip: 1, n_steps: 9 };
  const trained = { data, config: { ...quickstart, train } };
  const changes = [
    "with settings other than its checkpoint's:",
    `  train.n_steps: 9 -> ${quickstart.train.n_steps}`,
    `  train.grad_clip: 1 -> ${quickstart.train.grad_clip}`,
    `  optimizer.lr: ${quickstart.optimizer.lr} -> 1e-7`,
  ];
  deepEqual(await start({ trained, requested }), [
    ["going on from step 7 of ./run", ...changes].join("\n"),
  ]);
  deepEqual(await start({ trained, requested, from_other: true }), [
    ["going on from step 7 of ./run, in ./new", ...changes].join("\n"),
  ]);
  await rejects(start({ trained, requested: { ...requested, seed: 3 } }), {
    name: "UsageError",
    message: /other settings; choose another --workdir.*\nseed: .* 0, this run asks for 3$/,
  });
});

Deno.test("a resumed run refuses classes of other names, another order or number", async () => {
  const cases: [Classes, RegExp][] = [
    [{ dog: [4, 5], zcat: [1, 2, 3] }, /label 0 was "cat", now "dog"\nlabel 1 was "dog", now "zc/],
    [{ cat: [1, 2, 3], wolf: [4, 5] }, /back:\nlabel 1 was "dog", now "wolf"$/],
    [{ ...ANIMALS, owl: [9] }, /back:\nlabel 2 was none, now "owl"$/],
    [{ cat: [1, 2, 3] }, /back:\nlabel 1 was "dog", now none$/],
    [{ cat: [4, 5], dog: [1, 2, 3] }, /label 0 \("cat"\) has the images of label 1 \("dog"\)\n/],
  ];
  for (const [classes, message] of cases) {
    await rejects(start({ trained: { data }, classes }), { name: "UsageError", message });
  }
  await rejects(start({ trained: { data }, classes: cases[0][0], from_other: true }), {
    message: /run was trained on other classes; start from its weights by --init-from, or take/,
  });
  const many = (prefix: string) =>
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${prefix}${i}`, [i]]));
  await rejects(
    start({ trained: { data: await dataIdentity(source(many("a"))) }, classes: many("b") }),
    { message: /label 9 was "a9", now "b9"\nand 30 more$/ },
  );
});

Deno.test("a resumed run tells images added, removed, replaced or in another order", async () => {
  const said = async (classes: Classes) => (await start({ trained: { data }, classes })).slice(1);
  deepEqual(await said({ cat: [1, 2, 3, 8], dog: [4, 5] }), [
    'the data has changed since step 7: 6 images, 5 before\n  "cat": 3 -> 4 images',
  ]);
  deepEqual(await said({ cat: [1, 2], dog: [5, 4] }), [
    "the data has changed since step 7: 4 images, 5 before\n" +
    '  "cat": 3 -> 2 images\n  "dog": other images among its 2, or another order of them',
  ]);
  deepEqual(await said({ cat: [1, 2, 3], dog: [4, 9] }), [
    "the data has changed since step 7:\n" +
    '  "dog": other images among its 2, or another order of them',
  ]);
});

Deno.test("names of classes are told, not refused, where labels have no meaning", async () => {
  const { quickstart } = presets;
  const train = { ...quickstart.train, mode: "uncond", p_uncond: 0 } as const;
  const nnet = { ...quickstart.nnet, num_classes: -1 };
  const sample = { ...quickstart.sample, scale: 0 };
  const config = { ...quickstart, train, nnet, sample };
  const renamed = { dog: [4, 5], zcat: [1, 2, 3] };
  const [, said] = await start({ trained: { data, config }, requested: config, classes: renamed });
  match(said, /^the data has changed since step 7:\n {2}label 0 was "cat", now "dog"\n/);

  const one = await dataIdentity(source({ photos: [1, 2] }));
  deepEqual((await start({ trained: { data: one }, classes: { moved: [1, 2] } })).slice(1), [
    'the data has changed since step 7:\n  label 0 was "photos", now "moved"',
  ]);
});

Deno.test("a checkpoint without its data is resumed, and that is said", async () => {
  deepEqual(await start({ trained: {} }), [
    "going on from step 7 of ./run",
    "that checkpoint does not name its data: whether it is the same is not known",
  ]);
});
