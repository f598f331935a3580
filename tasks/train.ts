import { join } from "node:path";
import { z } from "zod";
import { Device } from "../engine/mod.ts";
import { NETWORK_NAMES } from "../nets/network.ts";
import { SKIP_SCALING_NAMES } from "../nets/skip_scaling.ts";
import { InceptionWeightsError } from "../eval/metrics/inception/inception_weights.ts";
import {
  type Checkpoint,
  CheckpointError,
  checkpointFolder,
  latestCheckpoint,
  saveCheckpoint,
} from "../train/checkpoints/checkpoint.ts";
import type { Config } from "../train/config/config.ts";
import { checkAgainstDataset } from "../train/config/config_rules.ts";
import { DatasetError, type DatasetProgress } from "../train/data/dataset.ts";
import type { ImageSource } from "../train/data/image_source.ts";
import { NpzError } from "../train/formats/npz.ts";
import { humanDuration } from "./cli/human_units.ts";
import { configHelp, loadConfig, type OwnFlags } from "./cli/load_config.ts";
import { loadDataset } from "../train/data/load_dataset.ts";
import { Log } from "../train/log.ts";
import { Progress } from "./cli/progress.ts";
import { progressLine, waitLine } from "./cli/progress_line.ts";
import { savePytorchCheckpoint } from "../train/checkpoints/pytorch_checkpoint.ts";
import {
  checkpointFromWeights,
  checkpointToGoOnFrom,
  mustNotConflict,
} from "../train/checkpoints/start_checkpoint.ts";
import { DivergedError } from "../train/divergence.ts";
import { trainLoop } from "../train/train_loop.ts";
import type { TrainStep } from "../train/train_step.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { progressHooks } from "./cli/progress_hooks.ts";
import { FolderError, inFolder } from "./cli/in_folder.ts";
import { Interrupt } from "./cli/interrupt.ts";
import { RunLock, RunLockedError } from "./cli/run_lock.ts";
import { runTask } from "./cli/run_task.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { dryRunText, mustFit, TooLargeError } from "./train/dry_run.ts";
import { profileTraining } from "./train/profile.ts";
import { RunFid, type ScoreTools } from "./train/run_fid.ts";
import { SampleGrids } from "./train/sample_grids.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

const HELP = {
  about: "Trains a diffusion model with scaled long skip connections, and shows what it draws.",
  examples: [
    { command: "deno task train", does: "coloured shapes, minutes, nothing to download" },
    { command: "deno task train --scalelong=3", does: "the same with the learnable scaling (LS)" },
    {
      command: "deno task train --preset=cifar10 --scalelong=2 --kappa=0.7",
      does: "the paper's CIFAR-10 setting with constant scaling (CS)",
    },
    {
      command: "deno task train --nnet.name=unet --scalelong=2 --kappa_index=resolution",
      does: "coloured shapes with the DDPM UNet; --nnet.name=unet --help lists its settings",
    },
    {
      command: "deno task train --dataset.name=folder --dataset.path=images --num_classes=4",
      does: "your own images, a sub-folder for each class",
    },
    {
      command: "deno task train --preset=cifar10 --scalelong=3 --resume-from=50000.ckpt",
      does: "goes on from what the PyTorch implementation saved",
    },
  ],
};

/** Flags that are no part of what a run depends on. */
interface TrainFlags {
  dry_run: boolean;
  profile: boolean;
  probe: string | null;
  resume_from: string | null;
  init_from: string | null;
  init_from_partial: boolean;
}

const OWN: OwnFlags<TrainFlags> = {
  schema: z.strictObject({
    resume_from: z.string().min(1).nullable()
      .describe(
        "checkpoint or folder of another run that a new one goes on from; PyTorch's too (12.ckpt)",
      ),
    init_from: z.string().min(1).nullable()
      .describe(
        "weights that a new run starts from, at step 0: a file (.pth, .safetensors) or the folder of a run or checkpoint",
      ),
    init_from_partial: z.boolean()
      .describe("take of --init_from what fits the network, and say what does not"),
    probe: z.string().nullable()
      .describe(
        "every:10 writes how large features, skips, gradients and LS gates are, to probes.jsonl, every " +
          "10 steps; null: never",
      ),
    dry_run: z.boolean()
      .describe("print parameters, work, memory and the largest batch that fits, and end"),
    profile: z.boolean()
      .describe("time a few steps kernel by kernel, leave a trace for Chrome, and end"),
  }),
  defaults: {
    dry_run: false,
    profile: false,
    probe: null,
    resume_from: null,
    init_from: null,
    init_from_partial: false,
  },
};

/** Trains as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const { config: wanted, preset, help, own } = await loadConfig(args, OWN);
  if (help) return console.log(configHelp(HELP, preset, OWN));
  const workdir = wanted.workdir || join("runs", `${preset}_scalelong${wanted.nnet.scalelong}`);
  const config: Config = { ...wanted, workdir };
  const probe_interval = probeInterval(own.probe, config);
  checkStart(own);
  await ensureAdapter();
  using watchdog = new Watchdog();
  using device = await Device.open({ tuning: tuningFile(), onWait: watchdog.watch });
  using progress = new Progress();
  if (own.dry_run) {
    return console.log(dryRunText(device.capabilities, config, probe_interval !== undefined));
  }
  mustFit(device.capabilities, config);

  const note = (message: string) => progress.note(message);
  using _lock = await inFolder(workdir, "--workdir", () => RunLock.take(workdir, note));
  const dataset = await loadDataset(config, showDatasetProgress(progress));
  const [channels, image_size] = dataset.shape;
  checkAgainstDataset(config, { channels, image_size, classes: dataset.class_names.length });
  if (own.profile) return await profile(device, config, dataset);
  const checkpoint = await startOf(config, own, note);
  const { n_steps, keep, format } = config.train;
  const fid = await openFid(device, config, dataset, progress);
  if (checkpoint && checkpoint.step >= n_steps) {
    if (fid) await finishFid(fid, config, checkpoint.step);
    return progress.note(
      `${workdir} has done its ${checkpoint.step} steps: raise --n_steps to go on, or choose another --workdir`,
    );
  }

  using log = await inFolder(workdir, "--workdir", async () => {
    await Deno.mkdir(join(workdir, "samples"), { recursive: true });
    await Deno.writeTextFile(join(workdir, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    return await Log.open(join(workdir, "log.jsonl"), checkpoint?.step ?? 0);
  });
  using probes = probe_interval === undefined
    ? null
    : await Log.open(join(workdir, "probes.jsonl"), checkpoint?.step ?? 0);
  using interrupt = new Interrupt(() => progress.note("stopping; saving first"));
  using grids = new SampleGrids(device, config, dataset.class_names.length);
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const scores: ScoreTools = {
    log: (entry) => log.append({ ...entry, seconds: seconds() }),
    signal: interrupt.signal,
  };
  await fid?.takeUp(checkpoint?.step ?? 0, scores);
  const done = await trainLoop(device, config, dataset, {
    checkpoint,
    signal: interrupt.signal,
    probe_interval,
    hooks: {
      onStart: (step) => progress.note(headline(device, config, dataset.name, step)),
      onProgress: (p) => progress.show(progressLine(p)),
      onLog: (entry) => log.append({ ...entry, seconds: seconds() }),
      onProbe: (step, values) => probes?.append({ step, ...values }),
      onCheckpoint: async (c) => {
        const best = fid?.best?.step ?? null;
        await saveCheckpoint(workdir, c, keep, best);
        if (format === "pytorch") await savePytorchCheckpoint(workdir, c, keep, best);
        if (!interrupt.signal.aborted) await fid?.score(c.step, scores);
      },
      onEval: (step, at) => grids.draw(step, at),
    },
  });
  if (done === n_steps) await fid?.finish(done, scores);
  // The last line of progress first, so that the summary ends what is said.
  progress[Symbol.dispose]();
  progress.note(`${done} steps, ${humanDuration(seconds())}. ${leftBehind(config, done)}`);
  if (done < n_steps) {
    progress.note(`to go on: deno task train ${[...args].map(quoted).join(" ")}`.trimEnd());
    Deno.exitCode = 130;
  }
}

/** What judges the run; null where no FID is wanted. */
async function openFid(
  device: Device,
  config: Config,
  dataset: ImageSource,
  progress: Progress,
): Promise<RunFid | null> {
  if (config.eval.fid.n_samples === 0) return null;
  return await RunFid.open(device, config, dataset, {
    wait: progressHooks(progress),
    note: (message) => progress.note(message),
    onDownload: showDatasetProgress(progress),
  });
}

/** What a run that has done its steps may still lack. */
async function finishFid(fid: RunFid, { workdir }: Config, step: number): Promise<void> {
  using log = await Log.open(join(workdir, "log.jsonl"), step);
  const scores: ScoreTools = { log: (entry) => log.append(entry) };
  await fid.takeUp(step, scores);
  await fid.finish(step, scores);
}

function checkStart({ resume_from, init_from, init_from_partial }: TrainFlags): void {
  if (resume_from !== null && init_from !== null) {
    throw new UsageError(
      "--init_from: a run cannot both start from weights and go on from --resume_from; leave one out",
    );
  }
  if (init_from_partial && init_from === null) {
    throw new UsageError("--init_from_partial: says how --init_from is done; name a file there");
  }
}

/** The N of `--probe=every:N`; undefined without it. */
function probeInterval(probe: string | null, { train }: Config): number | undefined {
  if (probe === null) return undefined;
  const interval = Number(/^every:(\d+)$/.exec(probe)?.[1] ?? 0);
  if (interval < 1) {
    throw new UsageError([`--probe: expected every:N, as in every:10, got "${probe}"`]);
  }
  if (train.micro_batches > 1) {
    throw new UsageError(["--probe: probes see whole batches and need --micro_batches=1"]);
  }
  return interval;
}

async function profile(device: Device, config: Config, dataset: ImageSource): Promise<void> {
  const { text, trace } = await profileTraining(device, config, dataset);
  const file = join(config.workdir, "trace.json");
  await inFolder(config.workdir, "--workdir", async () => {
    await Deno.writeTextFile(file, trace);
  });
  console.log(text);
  console.log(`Left ${file}: open it in chrome://tracing or ui.perfetto.dev`);
}

/** The run's own checkpoint to go on from; else where the command line says that it starts. */
async function startOf(
  config: Config,
  { resume_from, init_from, init_from_partial: partial }: TrainFlags,
  note: (message: string) => void,
): Promise<Checkpoint | null> {
  const { workdir } = config;
  const checkpoint = await inFolder(
    workdir,
    "--workdir",
    () => latestCheckpoint(workdir, { onSkip: note }),
  );
  if (checkpoint) {
    mustNotConflict(workdir, checkpoint.config, config, "choose another --workdir");
    note(`going on from step ${checkpoint.step} of ${workdir}`);
    return checkpoint;
  }
  if (resume_from !== null) {
    const other = await checkpointToGoOnFrom(resume_from, config, note);
    note(`going on from step ${other.step} of ${resume_from}, in ${workdir}`);
    return other;
  }
  return init_from === null
    ? null
    : await checkpointFromWeights(init_from, config, { partial, note });
}

function headline(device: Device, { nnet, train }: Config, data: string, step: TrainStep): string {
  const { dispatches, submits } = step.launches;
  const mebibytes = Math.round(device.bufferBytes / 2 ** 20);
  return [
    `${NETWORK_NAMES[nnet.name]}, ${
      (step.parameters / 1e6).toFixed(2)
    } M parameters, method ${nnet.scalelong} (${SKIP_SCALING_NAMES[nnet.scalelong]}), on ${data}`,
    `batch ${train.batch_size}, ${train.n_steps} steps; a step is ${dispatches} kernels in ${submits} submit${
      submits > 1 ? "s" : ""
    }; ${mebibytes} MiB on ${device.info.description || device.info.vendor}`,
  ].join("\n");
}

function leftBehind({ workdir, train }: Config, done: number): string {
  if (done === 0) return `Left in ${workdir}: config.json`;
  const drawn = done === train.n_steps || done % train.eval_interval === 0;
  return [
    `Left in ${workdir}: the checkpoint ${checkpointFolder(workdir, done)}`,
    ...train.format === "pytorch" ? [`PyTorch's ${join("ckpts", `${done}.ckpt`)}`] : [],
    ...drawn
      ? [`images ${join(workdir, "samples", `${done}.png`)}`]
      : done > train.eval_interval
      ? ["images in samples"]
      : [],
    "log.jsonl, config.json",
  ].join(", ");
}

function showDatasetProgress(progress: Progress): (p: DatasetProgress) => void {
  const start = performance.now();
  return ({ what, done, total }) =>
    progress.show(waitLine({
      what: what === "download" ? "downloading" : "decoding",
      done,
      total,
      unit: what === "download" ? "bytes" : "images",
      seconds: (performance.now() - start) / 1000,
    }));
}

function quoted(argument: string): string {
  return /^[\w=.,/:@+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

if (import.meta.main) {
  await runTask(main, [
    CheckpointError,
    DatasetError,
    DivergedError,
    FolderError,
    InceptionWeightsError,
    NpzError,
    RunLockedError,
    TooLargeError,
  ]);
}
