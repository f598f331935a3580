import {
  add,
  affine,
  grad,
  input,
  type PlanSpec,
  randomNormal,
  randomUniform,
  type Shape,
  type StateLayout,
  type Tensor,
  unpackBytes,
  type Update,
} from "../engine/mod.ts";
import { type MakeParameter, parameterShapes } from "../nets/parameters.ts";
import type { Observe } from "../nets/observe.ts";
import { network, networkParameters } from "../nets/network.ts";
import type { Config } from "./config.ts";
import { type OptimizerState, optimizerUpdate } from "./optimizer.ts";
import { probeTensors } from "./probes.ts";
import { type DiffusedBatch, noisePredictionLoss } from "./vp_sde.ts";

/** Builds the part of the graph that a batch comes from; its inputs are given to each run. */
export type BatchSource = (shape: Shape, conditional: boolean) => DiffusedBatch;

/** Philox streams of training. */
const TIME = 1;
const NOISE = 2;

/**
 * A batch from bytes: inputs `images` (u32 words of four bytes each, `[n, C, H, W]`), `labels` for a
 * conditional network, and `key`, from which times, noise and dropout are drawn on the device.
 */
export const drawnBatch: BatchSource = (shape, conditional) => {
  const words = Math.ceil(shape.reduce((n, d) => n * d, 1) / 4);
  const key = input("key", [4], "u32");
  return {
    x0: affine(unpackBytes(input("images", [words], "u32"), shape), 2 / 255, -1),
    t: randomUniform(key, [shape[0]], TIME),
    noise: randomNormal(key, shape, NOISE),
    y: conditional ? input("labels", [shape[0]], "i32") : undefined,
    key,
  };
};

/** What a training step computes, over states that have memory or over mere layouts. */
export interface TrainStepGraph<S extends StateLayout> {
  readonly state: OptimizerState<S>;
  /** Sums over micro-batches; null without them. */
  readonly sums: { readonly grad: S; readonly loss: S } | null;
  /** The plan of one micro-batch; null without them. */
  readonly accumulate: PlanSpec | null;
  /** The plan of a whole step or, with micro-batches, of the update alone. */
  readonly update: PlanSpec;
}

/** How a training step is built. */
export interface TrainStepOptions {
  /** Where batches come from; default {@linkcode drawnBatch}. */
  readonly source?: BatchSource;
  /** Steps between two reads of what is recorded, at most. */
  readonly recordLength: number;
  /** Also record what `probeTensors` measures; without micro-batches only. */
  readonly probes?: boolean;
}

/**
 * The graph of one training step: noise, forward, backward, clipping, update and averages.
 *
 * @param makeState gives memory, or a layout alone, to named tensors
 * @throws {TypeError} for probes with micro-batches
 */
export function trainStepGraph<S extends StateLayout>(
  config: Config,
  makeState: (shapes: Readonly<Record<string, Shape>>, label: string) => S,
  { source = drawnBatch, recordLength, probes = false }: TrainStepOptions,
): TrainStepGraph<S> {
  const { batch_size, micro_batches } = config.train;
  const { nnet } = config;
  const shapes = parameterShapes((make: MakeParameter<void>) => networkParameters(nnet, make));
  const state: OptimizerState<S> = {
    nnet: makeState(shapes, "nnet"),
    nnet_ema: makeState(shapes, "nnet_ema"),
    exp_avg: makeState(shapes, "exp_avg"),
    exp_avg_sq: makeState(shapes, "exp_avg_sq"),
  };
  const parameters: Record<string, Tensor> = {};
  const forward = network(nnet, (name) => parameters[name] = state.nnet.tensor(name));
  const shape = [batch_size / micro_batches, nnet.in_chans, nnet.img_size, nnet.img_size];
  const batch = source(shape, nnet.num_classes > 0);
  const observed = new Map<string, Tensor>();
  const observe: Observe | undefined = probes
    ? (name, value) => observed.set(name, value)
    : undefined;
  const loss = noisePredictionLoss(
    (x, timesteps) => forward({ x, timesteps, y: batch.y, key: batch.key, observe }),
    batch,
  );
  const names = Object.keys(parameters);
  const grads = grad(loss, names.map((name) => parameters[name]));
  const packed = state.nnet.pack(Object.fromEntries(names.map((name, i) => [name, grads[i]])));

  if (micro_batches === 1) {
    const { updates, grad_norm, moved } = optimizerUpdate(packed, state, config);
    const outputs = {
      loss,
      grad_norm,
      ...probes ? probeTensors({ observed, layout: state.nnet, grads: packed, moved }) : {},
    };
    const update = { outputs, updates, record: Object.keys(outputs), recordLength };
    return { state, sums: null, accumulate: null, update };
  }
  if (probes) throw new TypeError("probes see whole batches: they need micro_batches = 1");
  const sums = { grad: makeState(shapes, "grad"), loss: makeState({ loss: [] }, "loss") };
  const share = 1 / micro_batches;
  const gradSums = sums.grad.segments();
  const lossSum = sums.loss.tensor("loss");
  const accumulate = {
    updates: [
      ...gradSums.map((s, i): Update => ({ state: s, value: add(s, affine(packed[i], share)) })),
      { state: lossSum, value: add(lossSum, affine(loss, share)) },
    ],
  };
  const { updates, grad_norm } = optimizerUpdate(gradSums, state, config);
  const update = {
    outputs: { loss: affine(lossSum, 1), grad_norm },
    updates: [
      ...updates,
      ...gradSums.map((s): Update => ({ state: s, value: affine(s, 0) })),
      { state: lossSum, value: affine(lossSum, 0) },
    ],
    record: ["loss", "grad_norm"],
    recordLength,
  };
  return { state, sums, accumulate, update };
}
