import {
  add,
  affine,
  div,
  max,
  mean,
  min,
  slice,
  sqrt,
  type StateLayout,
  sub,
  sumOfSquares,
  type Tensor,
} from "../engine/mod.ts";

/** What probes measure: the values of one training step. */
export interface Probed {
  /** What the network passed to its observer, by name. */
  readonly observed: ReadonlyMap<string, Tensor>;
  /** The layout of the parameters in their segments. */
  readonly layout: StateLayout;
  /** The gradient, by segment. */
  readonly grads: readonly Tensor[];
  /** The updated weights, by segment. */
  readonly updated: readonly Tensor[];
}

const VALUE = /^(skips|scaled_skips|gates)\.\d+$/;

/**
 * Scalars that show whether a network trains stably, by name:
 *
 * - `feature_norm.<block>`, `feature_norm.skips.<i>`, `feature_norm.scaled_skips.<i>`: the root of
 *   the mean over the batch of the squared norm of a block's output, or of long skip i before and
 *   after scaling;
 * - `block_grad_norm.<block>`: the norm of the gradient by all of the block's parameters;
 * - `gate_mean.<i>`, `gate_min.<i>`, `gate_max.<i>`: an LS gate over batch and tokens (or channels);
 * - `update_ratio`: the norm of the weights' change over the norm of the weights.
 */
export function probeTensors({ observed, layout, grads, updated }: Probed): Record<string, Tensor> {
  const probes: Record<string, Tensor> = {};
  for (const [name, value] of observed) {
    if (name.startsWith("gates.")) {
      const i = name.slice("gates.".length);
      probes[`gate_mean.${i}`] = mean(value);
      probes[`gate_min.${i}`] = min(value);
      probes[`gate_max.${i}`] = max(value);
      continue;
    }
    probes[`feature_norm.${name}`] = sqrt(affine(sumOfSquares(value), 1 / value.shape[0]));
    if (VALUE.test(name)) continue;
    const ranges = rangesOf(layout, `${name}.`);
    if (ranges.length === 0) continue;
    const squares = ranges.map(({ segment, start, end }) =>
      sumOfSquares(slice(grads[segment], 0, start, end))
    );
    probes[`block_grad_norm.${name}`] = sqrt(squares.reduce(add));
  }
  const weights = layout.segments();
  const change = updated.map((p, i) => sumOfSquares(sub(p, weights[i]))).reduce(add);
  probes.update_ratio = sqrt(div(change, weights.map((p) => sumOfSquares(p)).reduce(add)));
  return probes;
}

/** The ranges of the parameters with a prefix: neighbours are one range, as their padding is zero. */
function rangesOf(
  layout: StateLayout,
  prefix: string,
): { segment: number; start: number; end: number }[] {
  const ranges: { segment: number; start: number; end: number }[] = [];
  let previous = "";
  for (const name of layout.names) {
    const { segment, offset, size } = layout.entry(name);
    const last = ranges[ranges.length - 1];
    if (name.startsWith(prefix)) {
      if (last?.segment === segment && previous.startsWith(prefix)) last.end = offset + size;
      else ranges.push({ segment, start: offset, end: offset + size });
    }
    previous = name;
  }
  return ranges;
}
