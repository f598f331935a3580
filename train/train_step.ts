import {
  compile,
  type Device,
  type HostArray,
  type KernelTime,
  type Plan,
  type PlanStep,
  State,
} from "../engine/mod.ts";
import type { Checkpoint, Values } from "./checkpoints/checkpoint.ts";
import { firstValues } from "./checkpoints/network_shapes.ts";
import { precisionOf, type RunConfig } from "./config/autoencoder_run_config.ts";
import type { Config } from "./config/config.ts";
import { UsageError } from "./config/usage_error.ts";
import type { LossScale } from "./checkpoints/loss_scale_state.ts";
import { mustBeFinite } from "./divergence.ts";
import { FIRST_LOSS_SCALE } from "./loss_scale.ts";
import type { RankSums } from "./collective/rank_sums.ts";
import type { Together } from "./collective/together.ts";
import { ALONE, type Rank, withAllParts } from "./data/rank_share.ts";
import { optimizerInputs, type OptimizerState } from "./optimizer.ts";
import type { StepRecord } from "./step_record.ts";
import {
  gradientName,
  type TrainStepGraph,
  trainStepGraph,
  type TrainStepOptions,
} from "./train_step_graph.ts";

/**
 * A network with its optimizer on a device, and the plans of one training step: noise, forward,
 * backward, clipping, update and averages are one submit. With micro-batches, each adds its gradient
 * in a submit of its own and the update is another.
 * @category Training
 */
export class TrainStep<C extends RunConfig = Config> implements Disposable {
  /** Where it runs. */
  readonly device: Device;
  /** What is trained, and how. */
  readonly config: C;
  /** Weights, their average and moments. */
  readonly state: OptimizerState;
  /** Steps that may be submitted before {@linkcode records} is called. */
  readonly recordLength: number;
  #lossScale: State | null;
  readonly #resources: DisposableStack;
  #accumulate: Plan | null;
  #update: Plan;
  #norms: Plan;
  /** Which of the processes that train together this is. */
  readonly rank: Rank;
  readonly #ranks: RankSums | null;
  readonly #measures: readonly string[];

  private constructor(
    device: Device,
    config: C,
    { state, loss_scale, measures, update: { recordLength = 1 } }: TrainStepGraph<State>,
    { accumulate, update, norms }: {
      readonly accumulate: Plan | null;
      readonly update: Plan;
      readonly norms: Plan;
    },
    rank: Rank,
    ranks: RankSums | null,
    resources: DisposableStack,
  ) {
    this.device = device;
    this.config = config;
    this.recordLength = recordLength;
    this.state = state;
    this.#lossScale = loss_scale;
    this.#resources = resources;
    this.#accumulate = accumulate;
    this.#update = update;
    this.#norms = norms;
    this.rank = rank;
    this.#ranks = ranks;
    this.#measures = measures;
  }

  /**
   * Allocates the states, fills them from the checkpoint or with initial values, and compiles. Of
   * several processes, all have the start and the kernel variants of rank 0.
   *
   * @throws {TypeError} for probes with micro-batches
   * @throws {UsageError} where 16-bit floats are asked for and the adapter has none
   */
  static async create<C extends RunConfig>(
    device: Device,
    config: C,
    options: TrainStepOptions & {
      readonly checkpoint?: Checkpoint<C> | null;
      /** Training by several processes; default one. */
      readonly together?: Together | null;
    },
  ): Promise<TrainStep<C>> {
    const { together = null } = options;
    const rank = together ?? ALONE;
    mustHaveFloats(device, config);
    using resources = new DisposableStack();
    const graph = trainStepGraph(
      withAllParts(config, rank.size),
      (shapes, label) => resources.use(new State(device, shapes, label)),
      options,
    );
    const { state, loss_scale, sums, accumulate, update, norms } = graph;
    const scaling = options.checkpoint?.loss_scale ?? FIRST_LOSS_SCALE;
    for (const [name, value] of Object.entries(scaling)) {
      loss_scale?.write(name, Float32Array.of(value));
    }
    if (options.checkpoint) restore(state, options.checkpoint);
    else if (rank.rank === 0) {
      const first = firstValues(config);
      for (const name of state.nnet.names) {
        state.nnet.write(name, first[name]);
        state.nnet_ema.write(name, first[name]);
      }
    }
    const states = [...Object.values(state), ...loss_scale ? [loss_scale] : []];
    const specs = [...accumulate ? [accumulate] : [], update, norms];
    const ranks = together && sums
      ? resources.use(await together.start(device, { sums, states, specs }))
      : null;
    const plans = {
      accumulate: accumulate && resources.use(await compile(device, accumulate)),
      update: resources.use(await compile(device, update)),
      norms: resources.use(await compile(device, norms)),
    };
    return new TrainStep(device, config, graph, plans, rank, ranks, resources.move());
  }

  /**
   * Submits step `step` (from 0).
   *
   * @param batches the inputs of the batch source, for each micro-batch
   */
  run(step: number, batches: readonly Readonly<Record<string, HostArray>>[]): void {
    const numbers = this.#optimizerInputs(step);
    if (!this.#accumulate) return this.#update.run({ ...numbers, ...batches[0] });
    for (const batch of batches) this.#accumulate.run(batch);
    this.#update.run(numbers);
  }

  /**
   * Runs step `step` (from 0) together with the other processes.
   *
   * @param batches the inputs of the batch source, for each micro-batch of this rank
   * @param stop whether this rank asks all to stop after the step
   * @returns whether any rank does
   */
  async runTogether(
    step: number,
    batches: readonly Readonly<Record<string, HostArray>>[],
    stop: boolean,
  ): Promise<boolean> {
    if (!this.#ranks || !this.#accumulate) {
      this.run(step, batches);
      return stop;
    }
    for (const batch of batches) this.#accumulate.run(batch);
    const isStopping = await this.#ranks.exchange(stop);
    this.#update.run(this.#optimizerInputs(step));
    return isStopping;
  }

  /** Gives all processes the state of rank 0, where any differ. @returns the ranks that did */
  async mend(): Promise<number[]> {
    return await this.#ranks?.mend() ?? [];
  }

  /**
   * Runs step `step` and times each kernel with the device's clock.
   *
   * @throws {DeviceError} where the adapter has no timestamps
   */
  async profile(
    step: number,
    batches: readonly Readonly<Record<string, HostArray>>[],
  ): Promise<KernelTime[]> {
    const numbers = this.#optimizerInputs(step);
    if (!this.#accumulate) return await this.#update.profile({ ...numbers, ...batches[0] });
    const times: KernelTime[] = [];
    // Each plan's clock starts at 0: the plans follow one another.
    const follow = (part: readonly KernelTime[]) => {
      const last = times[times.length - 1];
      const end = last ? last.start + last.milliseconds : 0;
      for (const time of part) times.push({ ...time, start: end + time.start });
    };
    for (const batch of batches) follow(await this.#accumulate.profile(batch));
    follow(await this.#update.profile(numbers));
    return times;
  }

  #optimizerInputs(step: number): ReturnType<typeof optimizerInputs> {
    const { config } = this;
    const train = { n_steps: config.train.n_steps, mixed_precision: precisionOf(config) };
    return optimizerInputs({ ...config, train }, step);
  }

  /** Waits for the steps submitted since the last call and returns their records. */
  async records(): Promise<StepRecord[]> {
    const { loss, grad_norm, loss_scale, skipped_steps, skipped_in_a_row, ...others } = await this
      .#update.records();
    const isMeasure = (name: string) => this.#measures.includes(name);
    const at = (i: number, isWanted: (name: string) => boolean) =>
      Object.fromEntries(
        Object.entries(others).filter(([name]) => isWanted(name))
          .map(([name, values]) => [name, values[i]]),
      );
    return Array.from(loss, (value, i) => ({
      loss: value,
      grad_norm: grad_norm[i],
      scaling: this.#lossScale && {
        loss_scale: loss_scale[i],
        skipped_steps: skipped_steps[i],
        skipped_in_a_row: skipped_in_a_row[i],
      },
      measures: at(i, isMeasure),
      probes: at(i, (name) => !isMeasure(name)),
    }));
  }

  /**
   * The norm of each part of the state (of the second moments, whose values are squares, of their
   * roots), in one pass on the device. Where one is not finite, training has diverged.
   */
  async norms(): Promise<Readonly<Record<keyof OptimizerState, number>>> {
    this.#norms.run();
    const { nnet, nnet_ema, exp_avg, exp_avg_sq } = await this.#norms.records();
    return {
      nnet: Math.sqrt(nnet[0]),
      nnet_ema: Math.sqrt(nnet_ema[0]),
      exp_avg: Math.sqrt(exp_avg[0]),
      exp_avg_sq: Math.sqrt(exp_avg_sq[0]),
    };
  }

  /**
   * Reads everything that a checkpoint holds.
   *
   * @param step steps done
   * @throws {DivergedError} where the state is not finite, before it is read
   */
  async checkpoint(step: number): Promise<Checkpoint<C>> {
    mustBeFinite(step, await this.norms(), this.config);
    return {
      step,
      config: this.config,
      nnet: await values(this.state.nnet),
      nnet_ema: await values(this.state.nnet_ema),
      exp_avg: await values(this.state.exp_avg),
      exp_avg_sq: await values(this.state.exp_avg_sq),
      ...this.#lossScale && { loss_scale: await lossScale(this.#lossScale) },
    };
  }

  /**
   * In mixed precision: parameters whose gradient was not finite in the last step (its last
   * micro-batch), in their order.
   */
  async overflown(): Promise<string[]> {
    const plan = this.#accumulate ?? this.#update;
    const { nnet } = this.state;
    const segments: Float32Array[] = [];
    for (let i = 0; this.#lossScale && i < nnet.lengths.length; i++) {
      segments.push(await plan.read(gradientName(i)));
    }
    return nnet.names.filter((name) => {
      const { segment, offset, size } = nnet.entry(name);
      return segments[segment]?.subarray(offset, offset + size).some((g) => !Number.isFinite(g));
    });
  }

  /** Number of parameters. */
  get parameters(): number {
    const { nnet } = this.state;
    return nnet.names.reduce((n, name) => n + nnet.shape(name).reduce((a, b) => a * b, 1), 0);
  }

  /** Kernel launches of the plan that updates; without micro-batches, those of a whole step. */
  get kernels(): readonly PlanStep[] {
    return this.#update.steps;
  }

  /** Kernel launches and submits of one step, of this process. */
  get launches(): { readonly dispatches: number; readonly submits: number } {
    const { micro_batches } = this.config.train;
    const accumulate = this.#accumulate ? micro_batches * this.#accumulate.steps.length : 0;
    return {
      dispatches: accumulate + this.#update.steps.length,
      submits: this.#accumulate ? micro_batches + (this.#ranks ? 2 : 1) : 1,
    };
  }

  /** Frees states and plans. */
  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

function mustHaveFloats({ capabilities, info }: Device, config: RunConfig): void {
  if (precisionOf(config) === "no" || capabilities.f16) return;
  throw new UsageError(
    `train.mixed_precision: "${info.description || info.vendor}" has no 16-bit floats ` +
      "(shader-f16); set train.mixed_precision=no",
  );
}

function restore(state: OptimizerState, checkpoint: Checkpoint<RunConfig>): void {
  for (const key of ["nnet", "nnet_ema", "exp_avg", "exp_avg_sq"] as const) {
    for (const name of state[key].names) state[key].write(name, checkpoint[key][name].data);
  }
}

async function lossScale(state: State): Promise<LossScale> {
  const { scale, growth_tracker, skipped_steps, skipped_in_a_row } = await state.read();
  return {
    scale: scale[0],
    growth_tracker: growth_tracker[0],
    skipped_steps: skipped_steps[0],
    skipped_in_a_row: skipped_in_a_row[0],
  };
}

async function values(state: State): Promise<Values> {
  const data = await state.read();
  return Object.fromEntries(
    state.names.map((name) => [name, { shape: [...state.shape(name)], data: data[name] }]),
  );
}
