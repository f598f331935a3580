import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  ok,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { checkpointFolder, saveCheckpoint } from "../../train/checkpoints/checkpoint.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { shapes } from "../../train/data/shapes.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { openDevice } from "../device.ts";
import type { Config } from "../../train/config/config.ts";
import { type Changes, tinyConfig, tinyUnet } from "../tiny_config.ts";
import { lastFlags } from "./last_flags.ts";

const STEPS = 40;

/** A folder with a run of a tiny network, removed in the end. */
function tinyRun(changes: Changes = {}) {
  return runOf(tinyConfig(changes));
}

async function runOf(tiny: Config) {
  const folder = await Deno.makeTempDir();
  const run = join(folder, "run");
  using device = await openDevice();
  const config = { ...tiny, workdir: run };
  await trainLoop(device, config, shapes({ image_size: 8, n: 64, seed: 0 }), {
    hooks: { onCheckpoint: async (c) => void await saveCheckpoint(run, c, 1) },
  });
  return {
    run,
    step: checkpointFolder(run, STEPS),
    out: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function command(args: readonly string[]): Deno.Command {
  const task = import.meta.resolve("../../tasks/sample.ts");
  const stdio = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", task, ...lastFlags(args)],
    ...stdio,
  });
}

async function sample(...args: string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await command(["--steps=4", ...args]).output();
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function draws(...args: string[]): Promise<string> {
  const { code, said } = await sample(...args);
  equal(code, 0, said);
  return said;
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

const number = (i: number) => `${String(i).padStart(6, "0")}.png`;

async function image(folder: string, name: string) {
  return await decodeImage(await Deno.readFile(join(folder, name)), name);
}

/** Fails where the first `n` images differ by more than rounding. */
async function sameImages(one: string, other: string, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    const [a, b] = [await image(one, number(i)), await image(other, number(i))];
    const most = a.rgb.reduce((max, v, at) => Math.max(max, Math.abs(v - b.rgb[at])), 0);
    ok(most <= 1, `image ${i} differs by ${most}`);
  }
}

Deno.test("sample draws from a UNet's run", async () => {
  await using tiny = await runOf(tinyUnet({ train: { n_steps: 3 } }));
  await draws(`--checkpoint=${tiny.run}`, "--n=3", `--out=${tiny.out("a")}`);
  deepEqual((await names(tiny.out("a"))).filter((name) => /^0/.test(name)), [0, 1, 2].map(number));
});

Deno.test("sample draws the same images whatever the batch size, and after an interruption", async () => {
  await using tiny = await tinyRun();
  const args = [
    `--checkpoint=${tiny.run}`,
    "--seed=1",
    "--n=32",
    "--scale=0",
    "--sampler=ddpm",
    "--steps=12",
  ];
  const [whole, fives, ones] = ["whole", "fives", "ones"].map(tiny.out);
  await draws(...args, "--batch_size=32", `--out=${whole}`);
  await draws(...args, "--batch_size=5", `--out=${fives}`);
  await sameImages(whole, fives, 32);
  // Not all black and white, and not all alike: the comparison means something.
  const { rgb } = await image(whole, number(3));
  ok(rgb.filter((v) => v > 0 && v < 255).length > rgb.length / 4);
  notDeepEqual(rgb, (await image(whole, number(4))).rgb);

  // Gaps: two images that a batch of two cannot hold at once.
  for (const i of [4, 6]) await Deno.remove(join(fives, number(i)));
  await draws(...args, "--batch_size=2", `--out=${fives}`);
  await sameImages(whole, fives, 32);

  const child = command([...args, "--batch_size=1", `--out=${ones}`]).spawn();
  const drained = Promise.all([child.stdout.text(), child.stderr.text()]);
  const drawn = () =>
    names(ones).then((all) => all.filter((name) => /^\d+\.png$/.test(name)), () => []);
  while ((await drawn()).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await child.status;
  await drained;
  const before = await drawn();
  ok(before.length < 32, "killed too late");
  const said = await draws(...args, "--batch_size=1", `--out=${ones}`);
  ok(said.includes(`${before.length} of 32 are in ${ones} already`), said);
  await sameImages(whole, ones, 32);
});

Deno.test("sample leaves images, a grid, a strip and how they were made", async () => {
  await using tiny = await tinyRun();
  const out = tiny.out("out");
  const args = [`--checkpoint=${tiny.run}`, `--out=${out}`, "--labels=0,3", "--scale=0.5"];
  const said = await draws(...args, "--n=5", "--trajectory", "--sampler=dpm_solver_pp");
  match(
    said,
    /5 drawn, [^\n]*Left in [^\n]*: the images, grid\.png, trajectory\.png, sample\.json\n$/,
  );
  const images = Array.from({ length: 5 }, (_, i) => number(i));
  deepEqual(await names(out), [...images, "grid.png", "sample.json", "trajectory.png"]);
  const size = async (name: string) => {
    const { width, height } = await image(out, name);
    return [width, height];
  };
  deepEqual(await size(number(4)), [8, 8]);
  deepEqual(await size("grid.png"), [3 * 66 + 2, 2 * 66 + 2]);
  // Noise, four steps, and a row for each of the first four images.
  deepEqual(await size("trajectory.png"), [5 * 66 + 2, 4 * 66 + 2]);

  const record = JSON.parse(await Deno.readTextFile(join(out, "sample.json")));
  match(record.weights_sha256, /^[0-9a-f]{64}$/);
  const { adapter, deno } = record.made_with;
  deepEqual([deno, typeof adapter], [Deno.version.deno, "string"]);
  deepEqual(record, {
    weights_sha256: record.weights_sha256,
    training_step: STEPS,
    seed: 0,
    schedule: "vp_linear(0.1, 20)",
    sampler: {
      sampler: "dpm_solver_pp",
      steps: 4,
      variant: "multistep",
      order: 2,
      grid: "log_snr",
      eta: null,
      t_end: 1e-4,
    },
    limit: "clip",
    guidance: { scale: 0.5, interval: [0, 1] },
    labels: { kind: "list", labels: [0, 3] },
    n: 5,
    network_evaluations: 4,
    image_labels: [0, 3, 0, 3, 0],
    autoencoder: null,
    autoencoder_weights: null,
    texts: null,
    text_encoder_weights: null,
    image_prompts: null,
    checkpoint: tiny.run,
    weights: join(tiny.step, "nnet_ema.safetensors"),
    made_with: { deno, adapter },
  });

  // The grid shows the images as they are in their files.
  const { rgb, width } = await image(out, "grid.png");
  const first = await image(out, number(0));
  const at = (2 + 8 * 3) * width + 2 + 8 * 5;
  deepEqual(rgb.slice(3 * at, 3 * at + 3), first.rgb.slice(3 * (3 * 8 + 5), 3 * (3 * 8 + 5) + 3));
});

Deno.test("sample keeps what is there, adds what is not, and refuses to mix", async () => {
  await using tiny = await tinyRun();
  const out = tiny.out("out");
  const args = [`--checkpoint=${tiny.run}`, `--out=${out}`, "--scale=0"];
  await draws(...args, "--n=3");
  // As an editor may leave it.
  const record = join(out, "sample.json");
  await Deno.writeTextFile(record, `\ufeff${await Deno.readTextFile(record)}`);
  const file = join(out, number(1));
  const mine = await Deno.readFile(join(out, number(0)));
  await Deno.writeFile(file, mine);
  match(await draws(...args, "--n=4"), /: 1 image; 3 of 4 are in [^\n]+ already\n/);
  deepEqual(await Deno.readFile(file), mine);
  match(await draws(...args, "--n=4", "--batch_size=2"), /^0 drawn, /m);

  const refused = await sample(...args, "--n=4", "--seed=2");
  equal(refused.code, 2);
  match(
    refused.said,
    /^--out: [^\n]* made otherwise \(seed: 0 there, 2 now\); [^\n]*--overwrite\n$/,
  );
  await draws(...args, "--n=2", "--seed=2", "--overwrite");
  deepEqual(await names(out), [number(0), number(1), "grid.png", "sample.json"]);
  notDeepEqual(await Deno.readFile(join(out, number(0))), mine);

  await Deno.remove(join(out, "sample.json"));
  const unknown = await sample(...args, "--n=2", "--seed=2");
  equal(unknown.code, 2);
  match(unknown.said, /^--out: [^\n]* has images and no sample\.json [^\n]*\n$/);
});

Deno.test("sample takes the folder of a run, of a checkpoint, or a file; averages unless asked", async () => {
  await using tiny = await tinyRun();
  const bytes = async (checkpoint: string, ...args: string[]) => {
    const out = tiny.out(crypto.randomUUID());
    await draws(`--checkpoint=${checkpoint}`, `--out=${out}`, "--n=1", "--scale=0", ...args);
    return await Deno.readFile(join(out, number(0)));
  };
  const ema = await bytes(tiny.run);
  deepEqual(await bytes(tiny.step), ema);
  deepEqual(await bytes(join(tiny.step, "nnet_ema.safetensors")), ema);
  const nnet = await bytes(tiny.run, "--weights=nnet");
  notDeepEqual(nnet, ema);
  deepEqual(await bytes(join(tiny.step, "nnet.safetensors")), nnet);
  // Labels are drawn as often as the shapes have them.
  notDeepEqual(await bytes(tiny.run, "--labels=9"), ema);
});

Deno.test("sample says in one line what is wrong, and ends with code 1 or 2", async () => {
  await using tiny = await tinyRun();
  const fails = async (code: number, line: RegExp, ...args: string[]) => {
    const { code: was, said } = await sample(`--out=${tiny.out("none")}`, ...args);
    equal(was, code, said);
    match(said, line);
    equal(said.trimEnd().split("\n").length, 1, said);
  };
  const from = `--checkpoint=${tiny.run}`;
  await fails(2, /^--checkpoint: name the folder of a run/);
  await fails(
    2,
    /^--smapler: there is no such flag; did you mean --sampler\?$/m,
    from,
    "--smapler=ddim",
  );
  await fails(2, /^--sampler: expected .* did you mean heun\?$/m, from, "--sampler=huen");
  await fails(2, /^--solver\.variant: expected .*multistep/, from, "--variant=multi");
  await fails(2, /^--solver\.eta: dpm_solver has none, only ddim/, from, "--eta=0.5");
  await fails(2, /^--guidance\.interval: 0\.7 comes after 0\.3/, from, "--interval=0.7,0.3");
  await fails(
    2,
    /^--guidance\.labels: there is no class 16; this network knows 0 to 15$/m,
    from,
    "--labels=3,16",
  );
  await fails(2, /^--guidance\.labels: expected values with commas/, from, "--labels=cat");
  await fails(1, /there is no such file or folder$/m, "--checkpoint=no/such/run");
  await fails(1, /has no checkpoint; name a run's folder/, `--checkpoint=${join(tiny.run, "..")}`);

  const file = join(tiny.run, "config.json");
  await Deno.writeTextFile(file, "{}");
  await fails(1, /: cannot be used \([^\n]+\); choose another --out$/m, from, `--out=${file}`);

  const ema = join(tiny.step, "nnet_ema.safetensors");
  const whole = await Deno.readFile(ema);
  await Deno.writeFile(ema, whole.subarray(0, whole.length - 1000));
  await fails(
    1,
    /nnet_ema\.safetensors is not a valid safetensors file/,
    `--checkpoint=${tiny.step}`,
  );
  await fails(1, /nnet_ema\.safetensors is not a valid/, `--checkpoint=${ema}`);
  const skipped = await sample(from, `--out=${tiny.out("none")}`);
  equal(skipped.code, 1);
  match(skipped.said, /nnet_ema\.safetensors is not a valid safetensors file[^\n]*\n$/);
  await Deno.remove(ema);
  await fails(1, /nnet_ema\.safetensors: is missing$/m, `--checkpoint=${tiny.step}`);
  await Deno.writeTextFile(ema, "weights");
  await fails(1, /nnet_ema\.safetensors is not a valid/, `--checkpoint=${tiny.step}`);
});

Deno.test("sample refuses to guide a network that was trained without labels", async () => {
  const nnet = { num_classes: -1 };
  await using tiny = await tinyRun({
    nnet,
    train: { mode: "uncond", p_uncond: 0 },
    sample: { scale: 0 },
  });
  const args = [`--checkpoint=${tiny.run}`, `--out=${tiny.out("out")}`, "--n=1"];
  const scale = await sample(...args, "--scale=0.4");
  equal(scale.code, 2);
  match(scale.said, /^--guidance\.scale: guidance needs labels, [^\n]*; leave it out\n$/);
  const labels = await sample(...args, "--labels=1");
  equal(labels.code, 2);
  match(labels.said, /^--guidance\.labels: this network was trained without labels[^\n]*\n$/);
  await draws(...args);
});

Deno.test("sample --help shows every flag", async () => {
  const help = await draws("--help");
  match(help, /^Draws images from a checkpoint\.\n\nExamples\n/);
  for (const flag of ["n=64", "sampler=dpm_solver", "guidance.labels=null", "solver.limit=null"]) {
    ok(help.includes(`\n  --${flag} `), flag);
  }
});
