import {
  add,
  affine,
  broadcastTo,
  type Capabilities,
  cast,
  constant,
  div,
  grad,
  type KernelChoices,
  type Layout,
  layOut,
  mul,
  type PlanSpec,
  type Shape,
  StateLayout,
  sum,
  sumOfSquares,
  type Tensor,
  type Update,
} from "../engine/mod.ts";
import { batchConditioning } from "./data/captions/batch_conditioning.ts";
import type { MakeParameter } from "../nets/parameters.ts";
import type { Observe } from "../nets/observe.ts";
import { network } from "../nets/network.ts";
import { shapesOf } from "./checkpoints/network_shapes.ts";
import { isAutoencoderRun, precisionOf, type RunConfig } from "./config/autoencoder_run_config.ts";
import type { Config } from "./config/config.ts";
import { isLatent } from "./config/latent_rules.ts";
import { LOSS_SCALE_SHAPES } from "./loss_scale.ts";
import { type OptimizerState, type OptimizerUpdate, optimizerUpdate } from "./optimizer.ts";
import { probeTensors } from "./probes.ts";
import { type BatchSource, drawnBatch, drawnLatents } from "./diffusion/drawn_batch.ts";
import { processOf } from "./diffusion/process.ts";

/**
 * The plans of a training step, over states that have memory or over layouts alone.
 * @category Training
 */
export interface TrainStepGraph<S extends StateLayout> {
  /** Weights, their average and moments. */
  readonly state: OptimizerState<S>;
  /** The state of the loss scale in mixed precision; null in f32. */
  readonly loss_scale: S | null;
  /** Sums over micro-batches; null without them. */
  readonly sums: { readonly grad: S; readonly loss: S } | null;
  /** The plan of one micro-batch; null without them. */
  readonly accumulate: PlanSpec | null;
  /** The plan of a whole step or, with micro-batches, of the update alone. */
  readonly update: PlanSpec;
  /** The plan that records the squared norm of each part of the state. */
  readonly norms: PlanSpec;
  /** What each step records besides its loss, by name; see {@linkcode StepRecord.measures}. */
  readonly measures: readonly string[];
}

/**
 * What a step minimises of a micro-batch, over the tensors of the parameters, and other scalars that it
 * records, by name.
 * @category Training
 */
export type Objective = (parameter: MakeParameter<Tensor>) => {
  readonly loss: Tensor;
  readonly measures: Readonly<Record<string, Tensor>>;
};

/**
 * How a training step is built.
 * @category Training
 */
export interface TrainStepOptions {
  /**
   * Makes batches of a diffusion model; default {@linkcode drawnBatch}, of latents
   * {@linkcode drawnLatents}.
   */
  readonly source?: BatchSource;
  /** In place of a diffusion model's, which is the default: an autoencoder's, see `objectiveOf`. */
  readonly objective?: Objective;
  /** Most steps that may be submitted before their records are read. */
  readonly recordLength: number;
  /** Also record what `probeTensors` measures; without micro-batches only. */
  readonly probes?: boolean;
}

/**
 * The graph of one training step: noise, forward, backward, clipping, update and averages.
 *
 * @param makeState allocates named tensors, or lays them out only
 * @throws {TypeError} for probes with micro-batches, and for an autoencoder without its objective
 * @category Training
 */
export function trainStepGraph<S extends StateLayout>(
  config: RunConfig,
  makeState: (shapes: Readonly<Record<string, Shape>>, label: string) => S,
  { source, objective, recordLength, probes = false }: TrainStepOptions,
): TrainStepGraph<S> {
  const { micro_batches } = config.train;
  const shapes = shapesOf(config);
  const state: OptimizerState<S> = {
    nnet: makeState(shapes, "nnet"),
    nnet_ema: makeState(shapes, "nnet_ema"),
    exp_avg: makeState(shapes, "exp_avg"),
    exp_avg_sq: makeState(shapes, "exp_avg_sq"),
  };
  const mixed = precisionOf(config) === "fp16";
  const loss_scale = mixed ? makeState(LOSS_SCALE_SHAPES, "loss_scale") : null;
  // In mixed precision the network works with an f16 copy of the weights, made once per run.
  const f16 = mixed ? state.nnet.unpack(state.nnet.segments().map((s) => cast(s, "f16"))) : null;
  const parameters: Record<string, Tensor> = {};
  const parameter = (name: string) => parameters[name] = f16?.[name] ?? state.nnet.tensor(name);
  const observed = new Map<string, Tensor>();
  const observe: Observe | undefined = probes
    ? (name, value) => observed.set(name, value)
    : undefined;
  if (!objective && isAutoencoderRun(config)) {
    throw new TypeError("an autoencoder is trained by its own objective, of objectiveOf()");
  }
  const { loss, measures } = objective
    ? objective(parameter)
    : diffusionObjective(config as Config, parameter, { source, observe });
  const names = Object.keys(parameters);
  const scaled = loss_scale ? mul(loss, loss_scale.tensor("scale")) : loss;
  const grads = grad(scaled, names.map((name) => parameters[name]));
  const packed = state.nnet.pack(Object.fromEntries(names.map((name, i) => [name, grads[i]])));

  const gradients = mixed
    ? Object.fromEntries(packed.map((g, segment) => [gradientName(segment), g]))
    : {};

  const common = {
    state,
    loss_scale,
    norms: stateNorms(state),
    measures: Object.keys(measures),
  };
  if (micro_batches === 1) {
    const { updated, ...step } = optimizerUpdate(packed, state, config, loss_scale);
    const unscaled = loss_scale ? packed.map((g) => div(g, loss_scale.tensor("scale"))) : packed;
    const scalars = {
      ...recorded({ loss, ...measures }, step, loss_scale),
      ...probes ? probeTensors({ observed, layout: state.nnet, grads: unscaled, updated }) : {},
    };
    const update = {
      outputs: { ...scalars, ...gradients },
      updates: step.updates,
      record: Object.keys(scalars),
      recordLength,
    };
    return { ...common, sums: null, accumulate: null, update };
  }
  if (probes) throw new TypeError("probes see whole batches: they need micro_batches = 1");
  const scalars = { loss, ...measures };
  const scalarShapes = Object.fromEntries(Object.keys(scalars).map((name) => [name, []]));
  const sums = { grad: makeState(shapes, "grad"), loss: makeState(scalarShapes, "loss") };
  const fraction = 1 / micro_batches;
  const gradSums = sums.grad.segments();
  const scalarSums = Object.entries(scalars)
    .map(([name, value]) => ({ name, value, sum: sums.loss.tensor(name) }));
  const accumulate = {
    outputs: gradients,
    updates: [
      ...gradSums.map((s, i): Update => ({ state: s, value: add(s, affine(packed[i], fraction)) })),
      ...scalarSums.map(({ sum, value }): Update => ({
        state: sum,
        value: add(sum, affine(value, fraction)),
      })),
    ],
  };
  const step = optimizerUpdate(gradSums, state, config, loss_scale);
  const means = Object.fromEntries(scalarSums.map(({ name, sum }) => [name, affine(sum, 1)]));
  const outputs = recorded(means, step, loss_scale);
  // Not 0 times the sum, which may be infinite.
  const emptied = (s: Tensor): Update => ({
    state: s,
    value: broadcastTo(constant([0], []), s.shape),
  });
  const update = {
    outputs,
    updates: [
      ...step.updates,
      ...gradSums.map(emptied),
      ...scalarSums.map(({ sum }) => emptied(sum)),
    ],
    record: Object.keys(outputs),
    recordLength,
  };
  return { ...common, sums, accumulate, update };
}

/** The loss of a diffusion model on a batch that the source makes. */
function diffusionObjective(
  config: Config,
  parameter: MakeParameter<Tensor>,
  { source = sourceOf(config), observe }: {
    readonly source?: BatchSource;
    readonly observe?: Observe;
  },
): ReturnType<Objective> {
  const { nnet, train: { batch_size, micro_batches } } = config;
  const forward = network(nnet, parameter);
  const shape = [batch_size / micro_batches, nnet.in_chans, nnet.img_size, nnet.img_size];
  const process = processOf(config.process);
  const batch = source(shape, batchConditioning(config), process);
  const loss = process.loss(
    (x, timesteps) =>
      forward({ x, timesteps, condition: batch.condition, key: batch.key, observe }),
    batch,
  );
  return { loss, measures: {} };
}

/** What makes the batches of a run's data, as `microBatches` gives them. */
function sourceOf(config: Config): BatchSource {
  return isLatent(config) ? drawnLatents(config.autoencoder) : drawnBatch;
}

/** The plans of a training step, none of them on a device. */
export interface TrainStepLayouts {
  /** What they are plans of. */
  readonly graph: TrainStepGraph<StateLayout>;
  /** All states, laid out only. */
  readonly states: readonly StateLayout[];
  /** The plans of a step, and how often a step runs each. */
  readonly step: readonly { readonly layout: Layout; readonly runs: number }[];
  /** The check before each save. */
  readonly norms: Layout;
}

/**
 * Plans a training step as the loop would.
 *
 * @param recordLength steps between two reads of what is recorded, at most
 * @param probes whether probes are recorded, too
 * @param choices kernel variants found to be fastest
 */
export function trainStepLayouts(
  capabilities: Capabilities,
  config: RunConfig,
  { objective, recordLength, probes }:
    & Pick<TrainStepOptions, "objective" | "recordLength">
    & { readonly probes: boolean },
  choices?: KernelChoices,
): TrainStepLayouts {
  const states: StateLayout[] = [];
  const graph = trainStepGraph(
    config,
    (shapes, label) => {
      const made = new StateLayout(shapes, label);
      states.push(made);
      return made;
    },
    { objective, recordLength, probes },
  );
  const { accumulate, update, norms } = graph;
  const { micro_batches } = config.train;
  return {
    graph,
    states,
    step: [
      ...accumulate
        ? [{ layout: layOut(capabilities, accumulate, choices), runs: micro_batches }]
        : [],
      { layout: layOut(capabilities, update, choices), runs: 1 },
    ],
    norms: layOut(capabilities, norms, choices),
  };
}

/**
 * A pass over the state. The second moments are squares already: as the gradient's norm is, theirs
 * is finite until the sum of squares overflows.
 */
function stateNorms(
  { nnet, nnet_ema, exp_avg, exp_avg_sq }: OptimizerState<StateLayout>,
): PlanSpec {
  const total = (parts: readonly Tensor[]) => parts.reduce((a, b) => add(a, b));
  const outputs = {
    nnet: total(nnet.segments().map(sumOfSquares)),
    nnet_ema: total(nnet_ema.segments().map(sumOfSquares)),
    exp_avg: total(exp_avg.segments().map(sumOfSquares)),
    exp_avg_sq: total(exp_avg_sq.segments().map((s) => sum(s))),
  } satisfies Record<keyof OptimizerState, Tensor>;
  return { outputs, record: Object.keys(outputs) };
}

/** The output of mixed precision's plans that is the (scaled) gradient of a segment. */
export function gradientName(segment: number): string {
  return `gradient.${segment}`;
}

/** The scalars that every step records: what the objective has, and what the update is like. */
function recorded(
  scalars: Readonly<Record<string, Tensor>>,
  step: Pick<OptimizerUpdate, "grad_norm" | "loss_scale">,
  scaling: StateLayout | null,
): Record<string, Tensor> {
  const { grad_norm, loss_scale } = step;
  if (!loss_scale || !scaling) return { ...scalars, grad_norm };
  const { skipped_steps, skipped_in_a_row } = loss_scale;
  return {
    ...{ ...scalars, grad_norm, loss_scale: scaling.tensor("scale") },
    ...{ skipped_steps, skipped_in_a_row },
  };
}
