import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { loadCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { readPytorchCheckpoint } from "../../train/checkpoints/pytorch_checkpoint.ts";
import { readGolden } from "../golden.ts";
import { type Outcome, runScript } from "./run_script.ts";

const golden = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;
const { metadata, group } = await readGolden("training_scalelong3");

/** The golden network on shapes, its optimizer too. */
const SAME = [
  ...Object.entries({ conv: true, ...JSON.parse(metadata.config) })
    .map(([key, value]) => `--nnet.${key}=${value}`),
  "--train.mode=uncond",
  "--sample.scale=0",
  "--dataset.image_size=8",
  "--dataset.n=64",
  "--batch_size=4",
  "--n_samples=1",
  "--sample_steps=1",
  "--eval_interval=100",
  "--lr=0.01",
  "--weight_decay=0.03",
  "--betas=0.99,0.999",
  "--lr_scheduler.name=customized",
  "--warmup_steps=0",
];

async function inRun(
  use: (workdir: string, train: (...args: string[]) => Promise<Outcome>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const workdir = join(folder, "run");
  try {
    await use(
      workdir,
      (...args) => runScript("train.ts", ...SAME, `--workdir=${workdir}`, ...args),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("train goes on from PyTorch's checkpoint, and saves such ones", async () => {
  await inRun(async (workdir, train) => {
    const from = `--resume-from=${golden("12.ckpt")}`;
    const first = await train(from, "--format=pytorch", "--n_steps=14", "--betas=0.9,0.999");
    equal(first.code, 0, first.err);
    match(
      first.err,
      /12\.ckpt is PyTorch's: .* only the optimizer's are known \(lr, eps, weight_decay, betas\)$/m,
    );
    match(
      first.err,
      /^going on from step 12 of .*12\.ckpt, in .*run\nwith .*:\n {2}--optimizer\.betas: \[0\.99,0\.999\] -> \[0\.9,0\.999\]\nthat checkpoint does not name its data: /m,
    );
    match(first.err, /checkpoints.14, PyTorch's ckpts.14\.ckpt, /);
    // PyTorch's folder has no place for the average of the losses and the data.
    const { config, loss_average: _average, data: _data, ...ours } = await loadCheckpoint(
      join(workdir, "checkpoints", "14"),
    );
    const theirs = await readPytorchCheckpoint(join(workdir, "ckpts", "14.ckpt"), shapesOf(config));
    const { optimizer: _, ...values } = theirs;
    deepEqual(values, ours);

    const more = await train(from, "--n_steps=15");
    equal(more.code, 0, more.err);
    match(more.err, /^going on from step 14 of .*run$/m);
  });
});

Deno.test("train starts from weights, all of them or what fits", async () => {
  await inRun(async (workdir, train) => {
    const from = `--init-from=${golden("nnet_legacy.pth")}`;
    const whole = await train(from, "--n_steps=1", "--lr=1e-12");
    equal(whole.code, 0, whole.err);
    match(whole.err, /^weights from .*nnet_legacy\.pth: 72 of 72 tensors taken$/m);
    const { nnet, step } = await loadCheckpoint(join(workdir, "checkpoints", "1"));
    equal(step, 1);
    const expected = group("final.");
    for (const name of Object.keys(nnet)) {
      ok(nnet[name].data.every((v, i) => Math.abs(v - expected[name].data[i]) < 1e-6), name);
    }

    const other = ["--n_steps=1", "--nnet.scalelong=4", "--qkv_bias=true", `--workdir=${workdir}4`];
    const strict = await train(from, ...other);
    equal(strict.code, 1, strict.err);
    match(strict.err, /nnet_legacy\.pth: does not hold this network's weights:$/m);
    match(strict.err, /^ {2}missing \(\d+\): in_blocks\.0\.attn\.qkv\.bias \[96\]/m);
    match(strict.err, /^ {2}the file fits --nnet\.qkv_bias=false --nnet\.scalelong=3$/m);
    const partial = await train(from, ...other, "--init-from-partial");
    equal(partial.code, 0, partial.err);
    match(partial.err, /nnet_legacy\.pth: 68 of \d+ tensors taken$/m);
    match(partial.err, /^ {2}unexpected \(4\): se\.layer1\.weight \[1,17\]/m);
  });
});

Deno.test("train says in one line why it cannot start from something", async () => {
  await inRun(async (workdir, train) => {
    const fails = async (code: number, says: RegExp, ...args: string[]) => {
      const { code: ended, err } = await train(...args);
      equal(ended, code, err);
      match(err, says);
      equal(err.trimEnd().split("\n").length, 1, err);
    };
    await fails(2, /^--init_from: .* leave one out$/m, "--init-from=a", "--resume-from=b");
    await fails(2, /^--init_from_partial: /, "--init-from-partial");
    await fails(1, /nowhere\.pth: there is no such file or folder$/m, "--init-from=nowhere.pth");
    await fails(1, /nowhere: there is no such folder$/m, "--resume-from=nowhere");
    await fails(
      2,
      /half\.pth: is a file, .* by .*--init-from$/m,
      `--resume-from=${golden("nnet_half.pth")}`,
    );
    await fails(1, /golden.: has no checkpoint; name a run's/, `--resume-from=${golden("")}`);
    await fails(1, /README\.md: is no file of arrays/, `--init-from=${golden("README.md")}`);
    await Deno.mkdir(workdir);
    const broken = join(workdir, "broken.pth");
    await Deno.writeFile(broken, (await Deno.readFile(golden("nnet_half.pth"))).subarray(0, 9999));
    await fails(1, /broken\.pth/, `--init-from=${broken}`);
    deepEqual([...Deno.readDirSync(workdir)].map(({ name }) => name), ["broken.pth"]);
  });
});
