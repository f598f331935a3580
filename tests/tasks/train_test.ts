import {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  match,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  checkpointFolder,
  latestCheckpoint,
  saveCheckpoint,
} from "../../train/checkpoints/checkpoint.ts";
import { configSchema } from "../../train/config/config_schema.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { lastFlags } from "./last_flags.ts";
import { type Outcome, runScript } from "./run_script.ts";
import {
  interrupted,
  loggedSteps,
  LONG,
  names,
  newest,
  noSignals,
  TINY,
  train,
  withWorkdir,
} from "./tiny_run.ts";

const SHORT = [
  "--n_steps=12",
  "--eval_interval=6",
  "--save_interval=4",
  "--log_interval=5",
  "--keep=2",
];

Deno.test("train takes the UNet, shows its settings, and refuses U-ViT's", async () => {
  await withWorkdir(async (workdir) => {
    const unet = (...args: string[]) =>
      runScript("train.ts", "--nnet.name=unet", `--workdir=${workdir}`, ...args);
    const sizes = ["--img_size=8", "--image_size=8", "--ch_mult=1", "--attn_resolutions=[]"];
    const run = ["--dataset.n=64", "--batch_size=4", "--n_steps=2", "--n_samples=4"];
    const { code, out, err } = await unet(...sizes, ...run, "--sample_steps=3", "--scalelong=3");
    equal(code, 0, err);
    match(out + err, /UNet, 0\.\d+ M parameters, method 3 \(LS\), on coloured shapes/);
    const help = await unet("--help");
    match(help.out, /--nnet\.ch_mult=1,2,2 .*\n/);
    const wrong = await unet("--patch_size=2");
    equal(wrong.code, 2);
    match(wrong.err, /--nnet\.patch_size: is a setting of uvit, not of unet; leave it out/);
  });
});

Deno.test("train leaves what it promises, says where, and goes on only where there is more to do", async () => {
  await withWorkdir(async (workdir) => {
    const first = await train(workdir, ...SHORT);
    equal(first.code, 0, first.said);
    match(
      first.said,
      /U-ViT, .* M parameters, method 0 \(original\), on coloured shapes\n64 images, 16 classes: red circle \(4\), .* and 8 more$/m,
    );
    match(first.said, /a step is \d+ kernels in 1 submit/);
    for (const left of ["checkpoints/12", "samples/12.png", "log.jsonl", "config.json"]) {
      ok(first.said.includes(left), left);
    }
    ok(first.said.includes(`Left in ${workdir}`));

    const config = configSchema.parse(
      JSON.parse(await Deno.readTextFile(join(workdir, "config.json"))),
    );
    deepEqual([config.train.n_steps, config.workdir], [12, workdir]);
    ok(config.nnet.name === "uvit" && config.nnet.embed_dim === 32);
    deepEqual(loggedSteps(workdir), [5, 10, 12]);
    const log = await Deno.readTextFile(join(workdir, "log.jsonl"));
    for (const line of log.trimEnd().split("\n")) {
      const entry = JSON.parse(line);
      const numbers = ["loss", "loss_average", "lr", "grad_norm", "images_per_s", "seconds"];
      deepEqual(Object.keys(entry), ["step", ...numbers]);
      ok(Object.values(entry).every((value) => typeof value === "number"), line);
    }
    deepEqual(names(workdir, "samples"), ["6.png", "12.png"]);
    for (const name of names(workdir, "samples")) {
      const { width, height, rgb } = await decodeImage(
        await Deno.readFile(join(workdir, "samples", name)),
        name,
      );
      // Four images of 8 pixels, enlarged to 64, with gaps of 2.
      deepEqual([width, height], [4 * 66 + 2, 66 + 2]);
      ok(new Set(rgb).size > 16, "an image of nothing");
    }
    deepEqual(names(workdir, "checkpoints"), ["8", "12"]);
    const saved = await newest(workdir);
    equal(saved.step, 12);
    deepEqual(saved.config, config);

    const again = await train(workdir, ...SHORT);
    equal(again.code, 0);
    match(again.said, /has done its 12 steps: raise --n_steps to go on/);
    deepEqual(await newest(workdir), saved);

    const settings = `--config=${join(workdir, "config.json")}`;
    const more = await train(workdir, settings, "--n_steps=15");
    equal(more.code, 0, more.said);
    match(
      more.said,
      /^going on from step 12 of .*\nwith .*:\n {2}--train\.n_steps: 12 -> 15\nU-ViT/m,
    );
    deepEqual(loggedSteps(workdir), [5, 10, 12, 15]);
    deepEqual(names(workdir, "checkpoints"), ["12", "15"]);
    ok(names(workdir, "samples").includes("15.png"));

    const other = await train(workdir, ...SHORT, "--batch_size=16", "--scalelong=3");
    equal(other.code, 2);
    match(other.said, /was trained with other settings; choose another --workdir/);
    match(other.said, /^--train\.batch_size: .* 8, this run asks for 16$/m);
    match(other.said, /^--nnet\.scalelong: .* 0, this run asks for 3$/m);
    deepEqual(names(workdir, "checkpoints"), ["12", "15"]);
  });
});

Deno.test("train --n_samples=0 draws no grids, and says so nowhere", async () => {
  await withWorkdir(async (workdir) => {
    const flags = [...SHORT, "--n_samples=0"];
    const { code, said } = await train(workdir, ...flags, "--tensorboard");
    equal(code, 0, said);
    doesNotMatch(said, /images samples|images in samples/);
    deepEqual(
      names(workdir).filter((name) => !name.startsWith("events.")).sort(),
      ["checkpoints", "config.json", "log.jsonl"],
    );
    doesNotMatch((await train(workdir, ...flags, "--dry-run")).said, /sample grid/);
  });
});

Deno.test("train names a truncated checkpoint, takes the one before, and deletes nothing", async () => {
  await withWorkdir(async (workdir) => {
    await train(workdir, ...SHORT);
    const whole = await newest(workdir);
    const broken = join(checkpointFolder(workdir, 12), "optimizer.safetensors");
    await Deno.truncate(broken, 1000);

    const resumed = await train(workdir, ...SHORT, "--n_steps=8");
    equal(resumed.code, 0, resumed.said);
    ok(resumed.lines[0].startsWith(broken), resumed.said);
    match(resumed.lines[0], /; skipped$/);
    match(resumed.said, /going on from step 8 of /);
    deepEqual(names(workdir, "checkpoints"), ["8", "12"]);
    equal((await Deno.stat(broken)).size, 1000);

    const mended = await train(workdir, ...SHORT);
    equal(mended.code, 0, mended.said);
    const { nnet, nnet_ema, exp_avg, exp_avg_sq } = await newest(workdir);
    deepEqual([nnet, nnet_ema], [whole.nnet, whole.nnet_ema]);
    deepEqual([exp_avg, exp_avg_sq], [whole.exp_avg, whole.exp_avg_sq]);
    deepEqual(loggedSteps(workdir), [5, 10, 12]);
  });
});

Deno.test(
  "train leaves a folder alone that another trains in, until that one ends or is killed",
  { ignore: noSignals },
  async () => {
    await withWorkdir(async (workdir) => {
      // None of them is deleted while another reads it.
      const args = [...LONG, "--save_interval=50", "--keep=1000"];
      let pid = 0;
      let done = false;
      let others: Promise<Outcome[]> | null = null;
      const enough = () => {
        if (!existsSync(join(workdir, "checkpoints", "50"))) return false;
        others ??= Promise.all([
          runScript("train.ts", ...TINY, `--workdir=${workdir}`, ...args, "--n_steps=51"),
          runScript("inspect.ts", workdir),
          runScript(
            "sample.ts",
            `--checkpoint=${workdir}`,
            "--n=1",
            "--steps=2",
            `--out=${workdir}_drawn`,
          ),
        ]).finally(() => done = true);
        return done;
      };
      await interrupted(workdir, "SIGKILL", args, enough, (child) => pid = child);
      const [second, inspected, sampled] = await others!;
      deepEqual(
        [second.code, inspected.code, sampled.code],
        [1, 0, 0],
        inspected.err + sampled.err,
      );
      match(
        second.err,
        new RegExp(
          `^${workdir}: process ${pid} has been training there since \\d{4}-\\d\\d-\\d\\d ` +
            `\\d\\d:\\d\\d; wait for it, .* or choose another --workdir\n$`,
        ),
      );
      const { step } = await newest(workdir);
      const third = await train(workdir, ...args, `--n_steps=${step + 1}`);
      equal(third.code, 0, third.said);
      match(third.said, new RegExp(`going on from step ${step} of `));
    });
  },
);

const refusals: { name: string; args: string[]; code: number; says: RegExp }[] = [
  {
    name: "a misspelt flag",
    args: ["--n_step=3"],
    code: 2,
    says: /^--n_step: there is no such flag; did you mean --train\.n_steps\?$/,
  },
  {
    name: "an impossible value",
    args: ["--scalelong=7"],
    code: 2,
    says: /^--nnet\.scalelong: expected 0, 1, 2, 3 or 4, got "7"$/,
  },
  {
    name: "settings that contradict each other",
    args: ["--depth=3"],
    code: 2,
    says: /^--nnet\.depth: 3 is odd, .*; take 4$/,
  },
  {
    name: "a missing settings file",
    args: ["--config=not/there.json"],
    code: 2,
    says: /^not.there\.json: .*no such file$/,
  },
  {
    name: "a data set without its path",
    args: ["--dataset.name=folder"],
    code: 2,
    says: /--dataset\.path=FOLDER$/,
  },
  {
    name: "a missing folder of images",
    args: ["--dataset.name=folder", "--dataset.path=not/there"],
    code: 1,
    says: /not.there/,
  },
  {
    name: "missing CIFAR-10 files",
    args: [
      ...["--dataset.name=cifar10", "--dataset.path=not/there"],
      ...["--image_size=32", "--img_size=32", "--num_classes=11"],
    ],
    code: 1,
    says: /CIFAR-10.*not.there/,
  },
  {
    name: "more classes than there are label embeddings",
    args: ["--num_classes=5"],
    code: 2,
    says: /^--nnet\.num_classes: /,
  },
];

for (const { name, args, code, says } of refusals) {
  Deno.test(`train refuses ${name} in one line`, async () => {
    await withWorkdir(async (workdir) => {
      const refused = await train(workdir, ...args);
      equal(refused.code, code, refused.said);
      deepEqual(refused.lines.length, 1, refused.said);
      match(refused.lines[0], says);
    });
  });
}

Deno.test("train says in one line that it cannot write its folder", async () => {
  const file = await Deno.makeTempFile();
  try {
    for (const workdir of [file, join(file, "run")]) {
      const { code, said, lines } = await train(workdir, ...SHORT);
      equal(code, 1, said);
      equal(lines.length, 1, said);
      ok(
        lines[0].startsWith(`${workdir}: `) && lines[0].endsWith("choose another --workdir"),
        said,
      );
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("train that diverges saves nothing bad, and names the command that goes on", async () => {
  await withWorkdir(async (workdir) => {
    const args = ["--warmup_steps=1", "--eval_interval=1000", "--save_interval=1"];
    // Two steps: the loss of the last is finite, the weights after it are not.
    const lost = await train(workdir, ...args, "--lr=3e38", "--n_steps=2");
    equal(lost.code, 1, lost.said);
    const [cause, way] = lost.lines.slice(-2);
    match(cause, /^the norm of the weights is (NaN|Infinity) after step 2: training diverged; try/);
    ok(!/^ +at /m.test(lost.said), lost.said);
    deepEqual(names(workdir, "checkpoints"), ["1"]);
    const command =
      /^the newest good checkpoint is (.*); to go on from it with a lower rate: (?:deno|npx -y deno@\S+) task train (.*)$/
        .exec(way);
    ok(command, way);
    equal(command[1], checkpointFolder(workdir, 1));

    const shown = command[2].split(" ");
    const flags = lastFlags([...TINY, `--workdir=${workdir}`, ...args]);
    deepEqual(shown, [...flags, "--n_steps=2", "--lr=0.001"]);
    const resumed = await runScript("train.ts", ...shown);
    equal(resumed.code, 0, resumed.err);
    match(resumed.err, /^going on from step 1 of /m);
    equal((await newest(workdir)).step, 2);
  });
});

Deno.test("train skips a checkpoint that is not finite, and begins nothing where all are", async () => {
  await withWorkdir(async (workdir) => {
    await train(workdir, ...SHORT);
    const good = await newest(workdir);
    const spoilt = async (step: number) => {
      const nnet_ema = structuredClone(good.nnet_ema);
      nnet_ema.pos_embed.data[0] = NaN;
      return await saveCheckpoint(workdir, { ...good, step, nnet_ema }, 9);
    };
    const bad = await spoilt(20);
    const said = `${join(bad, "nnet_ema.safetensors")}: pos_embed[0] is NaN`;
    const more = [...SHORT, "--n_steps=21", "--save_interval=7", "--keep=2"];
    const resumed = await train(workdir, ...more);
    equal(resumed.code, 0, resumed.said);
    equal(resumed.lines[0], `${said}; skipped`);
    match(resumed.said, /^going on from step 12 of /m);
    // The bad one, of step 20, took no place of a good one.
    deepEqual(names(workdir, "checkpoints"), ["14", "21"]);

    for (const step of [14, 21]) await spoilt(step);
    const refused = await train(workdir, ...more, "--n_steps=22");
    equal(refused.code, 1, refused.said);
    match(
      refused.lines.at(-1)!,
      /checkpoints: none of its checkpoints can be used; choose another workdir/,
    );
  });
});

Deno.test("train --help lists every setting with its default", async () => {
  await withWorkdir(async (workdir) => {
    const { code, said } = await train(workdir, "--help");
    equal(code, 0, said);
    for (const flag of ["--preset", "--config", "--train.n_steps", "--nnet.scalelong", "--seed"]) {
      ok(said.includes(flag), flag);
    }
  });
});

Deno.test("train --dry-run says what a run needs and leaves nothing", async () => {
  const workdir = join(await Deno.makeTempDir(), "run");
  const { code, said } = await train(workdir, "--dry-run");
  equal(code, 0);
  for (
    const row of [
      "parameters",
      "a step",
      "memory",
      " +sample grid",
      "largest batch",
      "fits +yes",
      "time +about \\d+",
      " +steps +1,500 of ",
      " +sample grids +5 of ",
      "disk +\\d",
      " +checkpoints ",
    ]
  ) {
    match(said, new RegExp(`^${row}`, "m"));
  }
  await rejects(Deno.stat(workdir), Deno.errors.NotFound);
});

Deno.test("train refuses a batch beyond the adapter before it starts, saying what fits", async () => {
  const workdir = join(await Deno.makeTempDir(), "run");
  const { code, lines } = await train(workdir, "--batch_size=1048576");
  equal(code, 1);
  match(
    lines[lines.length - 1],
    /^a batch of 1048576 needs a tensor of .* use --micro_batches=\d+/,
  );
  await rejects(Deno.stat(workdir), Deno.errors.NotFound);
});

Deno.test("train --profile prints a table of kernels and leaves a trace", async () => {
  const workdir = await Deno.makeTempDir();
  const { code, said } = await train(workdir, "--profile");
  if (code === 1 && said.includes("no timestamp queries")) return;
  equal(code, 0, said);
  match(said, /^kernel +launches +ms\/step/m);
  match(said, /^linear +\d+ /m);
  const { traceEvents } = JSON.parse(await Deno.readTextFile(join(workdir, "trace.json")));
  ok(traceEvents.length > 50);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("train --probe=every:N writes a line of norms each N steps", async () => {
  const workdir = await Deno.makeTempDir();
  const { code, said } = await train(workdir, ...SHORT, "--scalelong=3", "--probe=every:5");
  equal(code, 0, said);
  const text = await Deno.readTextFile(join(workdir, "probes.jsonl"));
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(lines.map(({ step }) => step), [5, 10]);
  for (const name of ["feature_norm.mid_block", "block_grad_norm.mid_block", "gate_mean.1"]) {
    ok(lines.every((line) => line[name] > 0), name);
  }
  const refused = await train(workdir, "--probe=10");
  equal(refused.code, 2);
  deepEqual(refused.lines, ['--probe: expected every:N, as in every:10, got "10"']);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("train --mixed_precision=fp16 logs the loss's scale and goes on where it stopped", async () => {
  const workdir = await Deno.makeTempDir();
  try {
    const flags = ["--mixed_precision=fp16", "--log_interval=2", "--eval_interval=9"];
    for (const n_steps of [2, 4]) {
      const { code, said } = await train(workdir, ...flags, `--n_steps=${n_steps}`);
      equal(code, 0, said);
    }
    const log = (await Deno.readTextFile(join(workdir, "log.jsonl"))).trimEnd().split("\n");
    deepEqual(
      log.map((line) => JSON.parse(line)).map(({ step, loss_scale, skipped_steps }) => [
        step,
        loss_scale,
        skipped_steps,
      ]),
      [[2, 2 ** 16, 0], [4, 2 ** 16, 0]],
    );
    const checkpoint = await latestCheckpoint(workdir, { onSkip: (message) => ok(false, message) });
    equal(checkpoint?.loss_scale?.growth_tracker, 4);
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
});
