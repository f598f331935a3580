import { counted } from "../../../engine/counted.ts";
import { Device, DeviceError } from "../../../engine/mod.ts";
import { UserError } from "../../../engine/user_error.ts";
import { drawImages, stateOf } from "../../../eval/image_sets/draw_images.ts";
import { toBytes } from "../../../eval/image_sets/to_bytes.ts";
import { networkClasses } from "../../../eval/network_classes.ts";
import { sampledConditions } from "../../../eval/sampled_labels.ts";
import { multistepMethod } from "../../../eval/samplers/dpm_multistep.ts";
import type { SamplerMethod } from "../../../eval/samplers/program.ts";
import {
  type Checkpoint,
  CHECKPOINT_FILES,
  CheckpointError,
  decodeCheckpoint,
} from "../../../train/checkpoints/checkpoint_files.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import type { Config } from "../../../train/config/config.ts";
import { isLatent } from "../../../train/config/latent_rules.ts";
import { shapes } from "../../../train/data/shapes.ts";
import type { NoiseSchedule } from "../../../train/diffusion/noise_schedule.ts";
import { trainLoop } from "../../../train/train_loop.ts";
import type { Drawing, NamedFile, Report, Request, ShownImages } from "../messages.ts";
import { adapterFacts } from "./adapter_facts.ts";
import type { Files } from "./files.ts";
import { LIGHT_PARSERS } from "./light_parsers.ts";
import { type RunSummary, summaryOf } from "./run_summary.ts";
import { configOf } from "./run_config.ts";
import { RunStore } from "./run_store.ts";

/** Images that are drawn at once. */
const N = 16;
/** Steps that images of a run in training are drawn in: few, as it waits for them. */
const STEPS_IN_TRAINING = 15;

/** DPM-Solver++, as `--sampler=dpm_solver_pp`: by itself, as the other samplers would be in the page too. */
function solver(steps: number): (schedule: NoiseSchedule) => SamplerMethod {
  return (schedule) =>
    multistepMethod(schedule, {
      prediction: "data",
      order: 2,
      grid: "log_snr",
      steps,
      t_end: schedule.t_min,
    });
}

/** What does the page's requests, one after another, on a device that it opens when one needs it. */
export class Session {
  readonly #store: RunStore;
  readonly #report: (report: Report) => void;
  #device: Device | null = null;
  #stop = new AbortController();

  /**
   * @param files where runs are saved
   * @param report is called with all that comes of requests
   */
  constructor(files: Files, report: (report: Report) => void) {
    this.#store = new RunStore(files);
    this.#report = report;
  }

  /** Ends the training that is going on, after the steps that the device has. */
  stop(): void {
    this.#stop.abort();
  }

  /** Does a request and reports that it is done or has failed; throws nothing. */
  async handle(request: Request): Promise<void> {
    this.#stop = new AbortController();
    try {
      this.#report({ is: "done", text: await this.#do(request) });
    } catch (error) {
      // A device that failed may be lost: the next request opens another.
      if (error instanceof DeviceError) this.#close();
      this.#report({ is: "failed", text: failureText(error) });
    }
  }

  async #do(request: Request): Promise<string> {
    switch (request.ask) {
      case "open": {
        const device = await this.#opened();
        this.#report({ is: "ready", adapter: adapterFacts(device) });
        await this.#list();
        return "Ready";
      }
      case "train":
        return await this.#train(await this.#store.newName(), configOf(request.settings));
      case "go_on": {
        const { checkpoint, losses } = await this.#store.load(request.run);
        return await this.#train(request.run, checkpoint.config, checkpoint, losses);
      }
      case "draw":
        return await this.#draw(request.run, request.drawing);
      case "export": {
        const files = await this.#store.checkpointFiles(request.run);
        this.#report({ is: "files", run: request.run, files });
        return `Exported ${request.run}`;
      }
      case "import":
        return await this.#take(request.files);
      case "remove":
        await this.#store.remove(request.run);
        await this.#list();
        return `Deleted ${request.run}`;
      case "stop":
        return "Ready";
    }
  }

  async #train(
    run: string,
    config: Config,
    checkpoint: Checkpoint | null = null,
    earlier = new Float32Array(),
  ): Promise<string> {
    const { n_steps } = config.train;
    const step = checkpoint?.step ?? 0;
    const { network, goes_on } = summaryOf(run, { step, config, class_names: [] });
    if (goes_on !== true) throw new CheckpointError(`${run}: ${goes_on}`);
    const device = await this.#opened();
    this.#report({ is: "doing", text: "Drawing the training images" });
    const dataset = shapes({ ...config.dataset, channels: channelsOf(config), seed: config.seed });
    const losses = [...earlier];
    let unsent: number[] = [];
    this.#report({ is: "started", run, network, step, n_steps, losses: earlier.slice() });
    const done = await trainLoop(device, config, dataset, {
      checkpoint,
      signal: this.#stop.signal,
      hooks: {
        onStart: () => this.#report({ is: "doing", text: "Training" }),
        onStep: ({ loss }) => {
          losses.push(loss);
          unsent.push(loss);
        },
        onProgress: ({ step, loss: loss_average, images_per_s, steps_per_s }) => {
          const losses = Float32Array.from(unsent);
          unsent = [];
          const seconds_left = (n_steps - step) / steps_per_s;
          this.#report({ is: "trained", step, losses, loss_average, images_per_s, seconds_left });
        },
        onCheckpoint: async (checkpoint) => {
          this.#report({ is: "doing", text: "Saving" });
          await this.#store.save(run, { checkpoint, losses: Float32Array.from(losses) });
          await this.#list();
          if (this.#stop.signal.aborted) return;
          this.#report({ is: "doing", text: "Drawing images" });
          const images = await drawn(device, checkpoint, { steps: STEPS_IN_TRAINING });
          this.#report({ is: "images", of: "training", images: { ...images, run } });
          this.#report({ is: "doing", text: "Training" });
        },
      },
    });
    return done < n_steps
      ? `${run} stopped after ${done} of ${n_steps} steps, and is saved`
      : `${run} is trained and saved`;
  }

  async #draw(run: string, { label, scale, steps, seed }: Drawing): Promise<string> {
    const { checkpoint } = await this.#store.load(run);
    const device = await this.#opened();
    const { class_names, guided } = summaryOf(run, {
      ...checkpoint,
      class_names: checkpoint.data?.class_names ?? [],
    });
    const images = await drawn(device, checkpoint, {
      ...{ steps, seed },
      label: class_names.length > 0 ? label : null,
      scale: guided ? scale : 0,
      onProgress: (done, n) =>
        this.#report({ is: "doing", text: `Drawing images: ${Math.floor(100 * done / n)} %` }),
    });
    this.#report({ is: "images", of: "drawing", images: { ...images, run } });
    return `Drawn with ${run} after ${counted(checkpoint.step, "step")}`;
  }

  async #take(files: readonly NamedFile[]): Promise<string> {
    const checkpoint = await decodeCheckpoint((name) => {
      // A browser that saves a file twice calls the second "nnet (1).safetensors".
      const stem = name.replace(".safetensors", "");
      const found = files.find((file) => file.name.replace(/( ?\(\d+\))?\.\w+$/, "") === stem);
      if (found) return Promise.resolve({ file: found.name, bytes: found.bytes });
      throw new CheckpointError(
        `${name} is missing; choose the three files of a checkpoint's folder together: ` +
          CHECKPOINT_FILES.join(", "),
      );
    }, LIGHT_PARSERS);
    mustFit(checkpoint);
    const run = await this.#store.newName();
    await this.#store.save(run, { checkpoint, losses: new Float32Array() });
    await this.#list();
    return `Opened as ${run}, after ${counted(checkpoint.step, "step")}`;
  }

  async #list(): Promise<void> {
    const runs: RunSummary[] = [];
    for (const [run, outline] of await this.#store.list()) runs.push(summaryOf(run, outline));
    this.#report({ is: "runs", runs });
  }

  async #opened(): Promise<Device> {
    if (this.#device) return this.#device;
    let ready = 0;
    const onWait = (what: string): Disposable => {
      const compiles = what.startsWith("compiling");
      return {
        [Symbol.dispose]: () => {
          if (!compiles) return;
          ready++;
          this.#report({ is: "doing", text: `Compiling kernels: ${ready} ready` });
        },
      };
    };
    return this.#device = await Device.open({ onWait });
  }

  #close(): void {
    this.#device?.[Symbol.dispose]();
    this.#device = null;
  }
}

/** What is drawn besides what the run's own images are. */
interface DrawnAs extends Pick<Drawing, "steps">, Partial<Omit<Drawing, "steps">> {
  readonly onProgress?: (done: number, n: number) => void;
}

/** Images of a run: of one class, or of all in turn. */
async function drawn(
  device: Device,
  { config, nnet_ema, step }: Checkpoint,
  { steps, seed = 0, label = null, scale = config.sample.scale, onProgress }: DrawnAs,
): Promise<Omit<ShownImages, "run">> {
  const { in_chans: channels, img_size: image_size } = config.nnet;
  const classes = networkClasses(config);
  const labels = label === null ? [...Array(classes).keys()] : [label];
  const choice = classes === 0 ? null : { kind: "list", labels } as const;
  const images = new Uint8Array(N * channels * image_size ** 2);
  await drawImages(device, config, () => stateOf(device, nnet_ema), {
    ...{ n: N, batch_size: N, seed, scale, interval: [0, 1], onProgress },
    limit: config.sample.clip_denoised ? "clip" : "none",
    methodOf: solver(steps),
    conditionsOf: (first, n) => sampledConditions(choice, first, n),
    take: (values, first) => images.set(toBytes(values), first * images.length / N),
  });
  return { images, channels, image_size, step };
}

/**
 * @throws {CheckpointError} where the weights are not those of the configuration's network, or it
 * draws what the page cannot show
 */
function mustFit({ nnet, config }: Checkpoint): void {
  const problem = isLatent(config)
    ? "its network draws latents, which this page cannot decode"
    : config.nnet.name === "uvit" && config.nnet.clip_dim !== null
    ? "its network draws what texts say, and this page has no text encoder"
    : null;
  if (problem !== null) throw new CheckpointError(`${CHECKPOINT_FILES[0]}: ${problem}`);
  if (holdsNetwork(nnet, config)) return;
  throw new CheckpointError(`${CHECKPOINT_FILES[0]}: holds other weights than its network has`);
}

function holdsNetwork(nnet: Checkpoint["nnet"], config: Config): boolean {
  try {
    const expected = Object.entries(shapesOf(config));
    return expected.length === Object.keys(nnet).length &&
      expected.every(([name, shape]) => String(nnet[name]?.shape) === String(shape));
  } catch {
    // There is no network of such numbers.
    return false;
  }
}

function channelsOf({ nnet }: Config): 1 | 3 {
  return nnet.in_chans === 1 ? 1 : 3;
}

/** What went wrong, for the person; a kernel's source, which may follow, is for the console. */
function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const [text, source] = message.split(/\n(?=1: )/);
  const isExpected = error instanceof UserError;
  if (source !== undefined || !isExpected) console.error(error);
  return isExpected ? text : `${name}: ${text}`;
}
