import {
  add,
  affine,
  constant,
  div,
  exp,
  finite,
  input,
  mul,
  relu,
  sqrt,
  square,
  type State,
  type StateLayout,
  sub,
  sumOfSquares,
  type Tensor,
  type Update,
  where,
} from "../engine/mod.ts";
import type { Config } from "./config/config.ts";
import type { LossScale } from "./checkpoints/loss_scale_state.ts";
import { nextLossScale } from "./loss_scale.ts";
import { learningRate, type RateSettings } from "./config/learning_rate.ts";

/**
 * The state that an optimizer step reads and writes; all parts have one layout.
 * @category Training
 */
export interface OptimizerState<S extends StateLayout = State> {
  /** The weights. */
  readonly nnet: S;
  /** Their exponential moving average. */
  readonly nnet_ema: S;
  /** Adam's first moment of the gradient. */
  readonly exp_avg: S;
  /** Adam's second moment of the gradient. */
  readonly exp_avg_sq: S;
}

/**
 * What an optimizer step computes.
 * @category Training
 */
export interface OptimizerUpdate {
  /** What the step writes to the state. */
  readonly updates: readonly Update[];
  /** The norm of the gradient before clipping, a scalar. */
  readonly grad_norm: Tensor;
  /** The loss scale after the step; null in f32. */
  readonly loss_scale: Readonly<Record<keyof LossScale, Tensor>> | null;
  /** The updated weights, by segment. */
  readonly updated: readonly Tensor[];
}

/**
 * Adam or AdamW with clipping, and the moving average of the weights. AdamW is Loshchilov and
 * Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, in PyTorch's order of operations.
 * Decay applies to every parameter, as in the reference.
 *
 * The graph's inputs are those of {@linkcode optimizerInputs}.
 *
 * In mixed precision a step whose gradient is not finite is skipped: weights, moments and average
 * stay as they are, and Adam's bias correction does not count it.
 *
 * @param grads the gradient by segment, as `state.nnet.pack` gives it
 * @param scaling in mixed precision: the state of {@linkcode LOSS_SCALE_SHAPES}, by whose scale the
 * gradient is multiplied
 * @category Training
 */
export function optimizerUpdate(
  grads: readonly Tensor[],
  state: OptimizerState<StateLayout>,
  { optimizer, train }: Pick<Config, "optimizer"> & {
    readonly train: Pick<Config["train"], "grad_clip" | "ema_rate">;
  },
  scaling: StateLayout | null = null,
): OptimizerUpdate {
  const { name, betas: [b1, b2], eps, weight_decay } = optimizer;
  const decay = input("decay", []);
  const { step_size, inverse_root_correction } = scaling ? correctedRates(scaling, b1, b2) : {
    step_size: input("step_size", []),
    inverse_root_correction: input("inverse_root_correction", []),
  };
  const squares = grads.map(sumOfSquares).reduce((a, b) => add(a, b));
  const scale = scaling?.tensor("scale");
  const grad_norm = scale ? div(sqrt(squares), scale) : sqrt(squares);
  // A sum of squares is finite where all of them are.
  const good = scaling && finite(squares);
  const update = (state: Tensor, value: Tensor): Update => ({
    state,
    value: good ? where(good, value, state) : value,
  });
  const nnet = state.nnet.segments();
  const nnet_ema = state.nnet_ema.segments();
  const exp_avg = state.exp_avg.segments();
  const exp_avg_sq = state.exp_avg_sq.segments();
  const updates = grads.flatMap((grad, i): Update[] => {
    let g = scale ? div(grad, scale) : grad;
    if (train.grad_clip > 0) g = mul(g, clipping(grad_norm, train.grad_clip));
    let p = nnet[i];
    if (name === "adamw") p = mul(p, decay);
    else if (weight_decay > 0) g = add(g, affine(p, weight_decay));
    const m = add(affine(exp_avg[i], b1), affine(g, 1 - b1));
    const v = add(affine(exp_avg_sq[i], b2), affine(square(g), 1 - b2));
    const denominator = affine(mul(sqrt(v), inverse_root_correction), 1, eps);
    const updated = sub(p, mul(step_size, div(m, denominator)));
    const averaged = add(affine(nnet_ema[i], train.ema_rate), affine(updated, 1 - train.ema_rate));
    return [
      update(exp_avg[i], m),
      update(exp_avg_sq[i], v),
      update(nnet[i], updated),
      update(nnet_ema[i], averaged),
    ];
  });
  const updated = nnet.map((p) => updates.find((u) => u.state === p)!.value);
  if (!scaling || !good) return { updates, grad_norm, loss_scale: null, updated };
  const loss_scale = nextLossScale(scaling, good);
  const scaled = Object.entries(loss_scale).map(([name, value]) => ({
    state: scaling.tensor(name),
    value,
  }));
  return { updates: [...updates, ...scaled], grad_norm, loss_scale, updated };
}

/**
 * The inputs of the graph of {@linkcode optimizerUpdate} for step `step` (from 0).
 * @category Training
 */
export function optimizerInputs(
  config: RateSettings & { readonly train: Pick<Config["train"], "mixed_precision"> },
  step: number,
): Record<string, Float32Array> {
  const { name, betas: [b1, b2], weight_decay } = config.optimizer;
  const lr = learningRate(config, step);
  const decay: Record<string, Float32Array> = name === "adamw"
    ? { decay: Float32Array.of(1 - lr * weight_decay) }
    : {};
  if (config.train.mixed_precision !== "no") {
    return { ...decay, lr: Float32Array.of(lr), steps: Float32Array.of(step + 1) };
  }
  return {
    ...decay,
    step_size: Float32Array.of(lr / (1 - b1 ** (step + 1))),
    inverse_root_correction: Float32Array.of(1 / Math.sqrt(1 - b2 ** (step + 1))),
  };
}

/** Adam's rate and bias correction for the steps that were not skipped, which the device counts. */
function correctedRates(
  scaling: StateLayout,
  b1: number,
  b2: number,
): { step_size: Tensor; inverse_root_correction: Tensor } {
  const steps = sub(input("steps", []), scaling.tensor("skipped_steps"));
  const correction = (b: number) =>
    b === 0 ? constant([1], []) : affine(exp(affine(steps, Math.log(b))), -1, 1);
  return {
    step_size: div(input("lr", []), correction(b1)),
    inverse_root_correction: div(constant([1], []), sqrt(correction(b2))),
  };
}

/** `min(1, max / (norm + 1e-6))`, PyTorch's `clip_grad_norm_`. */
function clipping(norm: Tensor, max: number): Tensor {
  const room = div(constant([max], []), affine(norm, 1, 1e-6));
  return affine(relu(affine(room, -1, 1)), -1, 1);
}
