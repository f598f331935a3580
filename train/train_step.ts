import {
  add,
  affine,
  compile,
  type Device,
  grad,
  type HostArray,
  input,
  type Plan,
  type PlanStep,
  randomNormal,
  randomUniform,
  type Shape,
  State,
  type Tensor,
  unpackBytes,
  type Update,
} from "../engine/mod.ts";
import { initialize, type MakeParameter, parameterShapes } from "../nets/parameters.ts";
import { uvit, uvitParameters } from "../nets/uvit.ts";
import type { Checkpoint, Values } from "./checkpoint.ts";
import type { Config } from "./config.ts";
import { optimizerInputs, type OptimizerState, optimizerUpdate } from "./optimizer.ts";
import { type DiffusedBatch, noisePredictionLoss } from "./vp_sde.ts";

/** Builds the part of the graph that a batch comes from; its inputs are given to each run. */
export type BatchSource = (shape: Shape, conditional: boolean) => DiffusedBatch;

/** Philox streams of training. */
const TIME = 1;
const NOISE = 2;

/**
 * A batch from bytes: inputs `images` (u32 words of four bytes each, `[n, C, H, W]`), `labels` for a
 * conditional network, and `key`, from which times and noise are drawn on the device.
 */
export const drawnBatch: BatchSource = (shape, conditional) => {
  const words = Math.ceil(shape.reduce((n, d) => n * d, 1) / 4);
  const key = input("key", [4], "u32");
  return {
    x0: affine(unpackBytes(input("images", [words], "u32"), shape), 2 / 255, -1),
    t: randomUniform(key, [shape[0]], TIME),
    noise: randomNormal(key, shape, NOISE),
    y: conditional ? input("labels", [shape[0]], "i32") : undefined,
  };
};

/** Loss and gradient norm of a step. */
export interface StepRecord {
  readonly loss: number;
  readonly grad_norm: number;
}

/** The key that {@linkcode drawnBatch} takes: sample `i` of the batch is sample `first + i`. */
export function batchKey(seed: number, step: number, first: number): Uint32Array {
  return Uint32Array.of(seed, Math.floor(seed / 2 ** 32), step, first);
}

/**
 * A network with its optimizer on a device, and the plans of one training step: noise, forward,
 * backward, clipping, update and averages are one submit. With micro-batches, each adds its gradient
 * in a submit of its own and the update is another.
 */
export class TrainStep implements Disposable {
  readonly device: Device;
  readonly config: Config;
  readonly state: OptimizerState;
  #sums: { readonly grad: State; readonly loss: State } | null;
  #accumulate: Plan | null;
  #update: Plan;

  private constructor(
    device: Device,
    config: Config,
    state: OptimizerState,
    sums: { grad: State; loss: State } | null,
    accumulate: Plan | null,
    update: Plan,
  ) {
    this.device = device;
    this.config = config;
    this.state = state;
    this.#sums = sums;
    this.#accumulate = accumulate;
    this.#update = update;
  }

  /**
   * Allocates the states, fills them from the checkpoint or with first values, and compiles.
   *
   * @param recordLength steps between two calls of `records`, at most
   */
  static async create(device: Device, config: Config, options: {
    checkpoint?: Checkpoint | null;
    source?: BatchSource;
    recordLength: number;
  }): Promise<TrainStep> {
    const { batch_size, micro_batches } = config.train;
    const { nnet } = config;
    const describe = (make: MakeParameter<void>) => uvitParameters(nnet, make);
    const shapes = parameterShapes(describe);
    const state: OptimizerState = {
      nnet: new State(device, shapes, "nnet"),
      nnet_ema: new State(device, shapes, "nnet_ema"),
      exp_avg: new State(device, shapes, "exp_avg"),
      exp_avg_sq: new State(device, shapes, "exp_avg_sq"),
    };
    if (options.checkpoint) restore(state, options.checkpoint);
    else {
      const first = initialize(describe, config.seed);
      for (const name of state.nnet.names) {
        state.nnet.write(name, first[name]);
        state.nnet_ema.write(name, first[name]);
      }
    }

    const parameters: Record<string, Tensor> = {};
    const params = uvitParameters(nnet, (name) => parameters[name] = state.nnet.tensor(name));
    const shape = [batch_size / micro_batches, nnet.in_chans, nnet.img_size, nnet.img_size];
    const batch = (options.source ?? drawnBatch)(shape, nnet.num_classes > 0);
    const loss = noisePredictionLoss(
      (x, timesteps) => uvit(params, { x, timesteps, y: batch.y }, nnet),
      batch,
    );
    const names = Object.keys(parameters);
    const grads = grad(loss, names.map((name) => parameters[name]));
    const packed = state.nnet.pack(Object.fromEntries(names.map((name, i) => [name, grads[i]])));
    const record = { record: ["loss", "grad_norm"], recordLength: options.recordLength };

    if (micro_batches === 1) {
      const { updates, grad_norm } = optimizerUpdate(packed, state, config);
      const update = await compile(device, { outputs: { loss, grad_norm }, updates, ...record });
      return new TrainStep(device, config, state, null, null, update);
    }
    const sums = {
      grad: new State(device, shapes, "grad"),
      loss: new State(device, { loss: [] }, "loss"),
    };
    const share = 1 / micro_batches;
    const gradSums = sums.grad.segments();
    const lossSum = sums.loss.tensor("loss");
    const accumulate = await compile(device, {
      updates: [
        ...gradSums.map((s, i): Update => ({ state: s, value: add(s, affine(packed[i], share)) })),
        { state: lossSum, value: add(lossSum, affine(loss, share)) },
      ],
    });
    const { updates, grad_norm } = optimizerUpdate(gradSums, state, config);
    const update = await compile(device, {
      outputs: { loss: affine(lossSum, 1), grad_norm },
      updates: [
        ...updates,
        ...gradSums.map((s): Update => ({ state: s, value: affine(s, 0) })),
        { state: lossSum, value: affine(lossSum, 0) },
      ],
      ...record,
    });
    return new TrainStep(device, config, state, sums, accumulate, update);
  }

  /**
   * Submits step `step` (from 0).
   *
   * @param batches the batch source's inputs, for each micro-batch
   */
  run(step: number, batches: readonly Readonly<Record<string, HostArray>>[]): void {
    const numbers = optimizerInputs(this.config, step);
    if (!this.#accumulate) return this.#update.run({ ...numbers, ...batches[0] });
    for (const batch of batches) this.#accumulate.run(batch);
    this.#update.run(numbers);
  }

  /** Kernels of step `step` with their device time, milliseconds; without micro-batches. */
  async profile(
    step: number,
    batch: Readonly<Record<string, HostArray>>,
  ): Promise<{ kernel: PlanStep; milliseconds: number }[]> {
    const times = await this.#update.profile({ ...optimizerInputs(this.config, step), ...batch });
    return this.#update.steps.map((kernel, i) => ({ kernel, milliseconds: times[i] }));
  }

  /** Waits for the steps submitted since the last call and returns what they recorded. */
  async records(): Promise<StepRecord[]> {
    const { loss, grad_norm } = await this.#update.records();
    return Array.from(loss, (value, i) => ({ loss: value, grad_norm: grad_norm[i] }));
  }

  /** Reads everything that a checkpoint holds. @param step steps done */
  async checkpoint(step: number): Promise<Checkpoint> {
    return {
      step,
      config: this.config,
      nnet: await values(this.state.nnet),
      nnet_ema: await values(this.state.nnet_ema),
      exp_avg: await values(this.state.exp_avg),
      exp_avg_sq: await values(this.state.exp_avg_sq),
    };
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

  /** Kernel launches and submits of one step. */
  get launches(): { readonly dispatches: number; readonly submits: number } {
    const { micro_batches } = this.config.train;
    const accumulate = this.#accumulate ? micro_batches * this.#accumulate.steps.length : 0;
    return {
      dispatches: accumulate + this.#update.steps.length,
      submits: this.#accumulate ? micro_batches + 1 : 1,
    };
  }

  /** Frees states and plans. */
  [Symbol.dispose](): void {
    this.#accumulate?.[Symbol.dispose]();
    this.#update[Symbol.dispose]();
    for (const s of Object.values(this.state) as State[]) s[Symbol.dispose]();
    this.#sums?.grad[Symbol.dispose]();
    this.#sums?.loss[Symbol.dispose]();
  }
}

function restore(state: OptimizerState, checkpoint: Checkpoint): void {
  for (const key of ["nnet", "nnet_ema", "exp_avg", "exp_avg_sq"] as const) {
    for (const name of state[key].names) state[key].write(name, checkpoint[key][name].data);
  }
}

async function values(state: State): Promise<Values> {
  const data = await state.read();
  return Object.fromEntries(
    state.names.map((name) => [name, { shape: [...state.shape(name)], data: data[name] }]),
  );
}
