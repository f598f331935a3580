import {
  add,
  affine,
  constant,
  div,
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
} from "../engine/mod.ts";
import type { Config } from "./config.ts";
import { learningRate } from "./lr_scheduler.ts";

/** The memory that an optimizer step reads and writes; all laid out alike. */
export interface OptimizerState<S extends StateLayout = State> {
  readonly nnet: S;
  readonly nnet_ema: S;
  readonly exp_avg: S;
  readonly exp_avg_sq: S;
}

/** What an optimizer step writes, and the norm of the gradient before clipping. */
export interface OptimizerUpdate {
  readonly updates: readonly Update[];
  readonly grad_norm: Tensor;
  /** The new weights, by segment. */
  readonly moved: readonly Tensor[];
}

/**
 * Adam or AdamW with clipping, and the moving average of the weights. AdamW is Loshchilov and
 * Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, in PyTorch's order of operations.
 * Decay applies to every parameter, as in the reference.
 *
 * The graph's inputs are those of {@linkcode optimizerInputs}.
 *
 * @param grads the gradient by segment, as `state.nnet.pack` gives it
 */
export function optimizerUpdate(
  grads: readonly Tensor[],
  state: OptimizerState<StateLayout>,
  { optimizer, train }: Config,
): OptimizerUpdate {
  const { name, betas: [b1, b2], eps, weight_decay } = optimizer;
  const decay = input("decay", []);
  const step_size = input("step_size", []);
  const inverse_root_correction = input("inverse_root_correction", []);
  const grad_norm = sqrt(grads.map(sumOfSquares).reduce((a, b) => add(a, b)));
  const nnet = state.nnet.segments();
  const nnet_ema = state.nnet_ema.segments();
  const exp_avg = state.exp_avg.segments();
  const exp_avg_sq = state.exp_avg_sq.segments();
  const updates = grads.flatMap((grad, i): Update[] => {
    let g = train.grad_clip > 0 ? mul(grad, clipping(grad_norm, train.grad_clip)) : grad;
    let p = nnet[i];
    if (name === "adamw") p = mul(p, decay);
    else if (weight_decay > 0) g = add(g, affine(p, weight_decay));
    const m = add(affine(exp_avg[i], b1), affine(g, 1 - b1));
    const v = add(affine(exp_avg_sq[i], b2), affine(square(g), 1 - b2));
    const denominator = affine(mul(sqrt(v), inverse_root_correction), 1, eps);
    const moved = sub(p, mul(step_size, div(m, denominator)));
    const averaged = add(affine(nnet_ema[i], train.ema_rate), affine(moved, 1 - train.ema_rate));
    return [
      { state: exp_avg[i], value: m },
      { state: exp_avg_sq[i], value: v },
      { state: nnet[i], value: moved },
      { state: nnet_ema[i], value: averaged },
    ];
  });
  return { updates, grad_norm, moved: nnet.map((p) => updates.find((u) => u.state === p)!.value) };
}

/** The numbers that step `step` (from 0) gives to the graph of {@linkcode optimizerUpdate}. */
export function optimizerInputs(config: Config, step: number): Record<string, Float32Array> {
  const { name, betas: [b1, b2], weight_decay } = config.optimizer;
  const lr = learningRate(config, step);
  return {
    ...(name === "adamw" ? { decay: Float32Array.of(1 - lr * weight_decay) } : {}),
    step_size: Float32Array.of(lr / (1 - b1 ** (step + 1))),
    inverse_root_correction: Float32Array.of(1 / Math.sqrt(1 - b2 ** (step + 1))),
  };
}

/** `min(1, max / (norm + 1e-6))`, PyTorch's `clip_grad_norm_`. */
function clipping(norm: Tensor, max: number): Tensor {
  const room = div(constant([max], []), affine(norm, 1, 1e-6));
  return affine(relu(affine(room, -1, 1)), -1, 1);
}
