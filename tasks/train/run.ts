import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import { openRunAutoencoder, type RunAutoencoder } from "../../eval/latents/run_autoencoder.ts";
import { type FidNeeds, fidNeeds } from "../../eval/training/fid_needs.ts";
import { RunFid } from "../../eval/training/run_fid.ts";
import { broadcastValue } from "../../train/collective/broadcast_value.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { Together } from "../../train/collective/together.ts";
import { isAutoencoderRun, type RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { loadDataset } from "../../train/data/load_dataset.ts";
import { replaceFile } from "../../train/files/durable.ts";
import { Log } from "../../train/files/log.ts";
import { RunEvents } from "../../train/tensorboard/run_events.ts";
import { datasetProgress } from "../cli/dataset_progress.ts";
import type { Job } from "../cli/job.ts";
import { inFolder } from "../cli/in_folder.ts";
import { imagesCache } from "../cli/images_cache.ts";
import { inFlags } from "../cli/in_flags.ts";
import { Interrupt } from "../cli/interrupt.ts";
import type { Progress } from "../cli/progress.ts";
import { openDevice } from "../cli/setup/open_device.ts";
import { progressHooks } from "../cli/progress_hooks.ts";
import { RunLock } from "../cli/run_lock.ts";
import { type Basis, basisOf } from "./basis.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";

const STOPPING =
  "stopping; saving first (a second Ctrl-C, after two seconds, ends at once without saving)";

/** The device and the progress line of a run. What it opens more is closed with them, last first. */
export class Run<C extends RunConfig = Config> implements Disposable {
  readonly #stack: DisposableStack;
  #interrupt: Interrupt | null = null;
  #hasBegun = false;

  private constructor(
    readonly config: C,
    readonly device: Device,
    readonly progress: Progress,
    /** The processes that train together. */
    readonly collective: Collective,
    stack: DisposableStack,
  ) {
    this.#stack = stack;
  }

  /** Opens the device of this process. */
  static async open<C extends RunConfig>(config: C, job: Job): Promise<Run<C>> {
    using stack = new DisposableStack();
    const device = await openDevice(job, stack);
    const progress = stack.use(job.progress());
    return new Run(config, device, progress, job.collective, stack.move());
  }

  /** Prints a message that stays, above the progress line. */
  note = (message: string): void => this.progress.note(inFlags(message, ...TRAIN_FLAGS));

  /**
   * Listens for signals. Until training begins there is nothing to save: a signal frees what `free`
   * frees and ends the process.
   */
  listen(free: () => void = () => {}): void {
    const { progress, note, collective } = this;
    this.#interrupt = this.#stack.use(
      new Interrupt(() => {
        // Of several processes, all must have heard of it: until then it may be their end.
        if (this.#hasBegun) return collective.size === 1 ? note(STOPPING) : undefined;
        progress[Symbol.dispose]();
        note("stopped; there was nothing to save");
        free();
        Deno.exit(130);
      }),
    );
  }

  /** Takes the folder for this process, and listens for signals. */
  async lock(): Promise<void> {
    const { config: { workdir }, note } = this;
    let lock: RunLock | null = null;
    this.listen(() => lock?.[Symbol.dispose]());
    lock = this.#stack.use(
      await inFolder(workdir, "--workdir", () => RunLock.take(workdir, note)),
    );
  }

  /** Loads the data. */
  async load(): Promise<ImageSource> {
    const { config, progress, note } = this;
    const source = await loadDataset(config, {
      cache_folder: imagesCache(config.workdir, config),
      onProgress: datasetProgress(progress),
      onNote: note,
    });
    this.#stack.defer(() => source[Symbol.dispose]?.());
    return source;
  }

  /** What decodes grids and images for FID; null where neither is drawn, or of images. */
  async autoencoder(): Promise<RunAutoencoder | null> {
    const config: RunConfig = this.config;
    if (isAutoencoderRun(config)) return null;
    const { sample, eval: { fid } } = config;
    if (sample.n_samples === 0 && fid.n_samples === 0) return null;
    return this.#stack.use(await openRunAutoencoder(config));
  }

  /** What judging the checkpoints takes besides the data; null where no FID is asked for. */
  async fidNeeds(this: Run): Promise<FidNeeds | null> {
    const { config, progress } = this;
    if (config.eval.fid.n_samples === 0) return null;
    return await fidNeeds(config, datasetProgress(progress));
  }

  /** What judges the checkpoints. */
  async fid(this: Run, dataset: ImageSource, needs: FidNeeds): Promise<RunFid> {
    const { device, config, progress, note } = this;
    const wait = progressHooks(progress);
    return await RunFid.open(device, config, dataset, needs, {
      onProgress: (what, done, total) => wait(what, "images")(done, total),
      note,
    });
  }

  /** Writes the configuration and opens the log of a run that has done `step` steps. */
  async log(step: number): Promise<Log> {
    const { config, config: { workdir, sample } } = this;
    const log = await inFolder(workdir, "--workdir", async () => {
      const isDrawn = sample.n_samples > 0;
      await Deno.mkdir(isDrawn ? join(workdir, "samples") : workdir, { recursive: true });
      const text = `${JSON.stringify(config, null, 2)}\n`;
      await replaceFile(join(workdir, "config.json"), new TextEncoder().encode(text));
      return await Log.open(join(workdir, "log.jsonl"), step);
    });
    return this.#stack.use(log);
  }

  /** Opens the log of probes. */
  async probes(step: number): Promise<Log> {
    return this.#stack.use(await Log.open(join(this.config.workdir, "probes.jsonl"), step));
  }

  /** Opens TensorBoard's events of a run that has done `step` steps, when its logs are open. */
  async events(step: number): Promise<RunEvents> {
    const { config, config: { workdir } } = this;
    return this.#stack.use(await RunEvents.open({ workdir, config }, { step }));
  }

  /** Aborted by the first signal after training began. */
  get signal(): AbortSignal | undefined {
    return this.#interrupt?.signal;
  }

  /** Training ends early: of several processes, all have heard that one is to stop. */
  stop(): void {
    this.#interrupt?.abort();
    if (this.collective.size > 1) this.note(STOPPING);
  }

  /** Says that processes had come to differ from rank 0, before the save of a step. */
  drifted(step: number, ranks: readonly number[]): void {
    const who = ranks.length === 1 ? "process" : "processes";
    this.note(
      `${who} ${ranks.join(", ")} differed from process 0 at step ${step}, as unequal GPUs or ` +
        "drivers come to, and took over its state",
    );
  }

  /** Training with the other processes; null: alone. */
  get together(): Together | null {
    return this.collective.size > 1 ? new Together(this.collective) : null;
  }

  /**
   * Tells the other ranks what rank 0 trains on.
   *
   * @param dataset of rank 0; null where it does not go on to train
   * @returns what rank 0 told; null where it does not, or is alone
   */
  async agree(dataset: ImageSource | null): Promise<Basis | null> {
    const { collective, config } = this;
    if (collective.size === 1) return null;
    return await broadcastValue(collective, dataset && await basisOf(config, dataset));
  }

  /** From now on a signal ends the process only after what is done is saved. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Frees `resource` with the run. */
  use<T extends Disposable>(resource: T): T {
    return this.#stack.use(resource);
  }

  /** Closes everything. */
  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }
}
