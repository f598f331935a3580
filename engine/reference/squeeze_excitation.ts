import {
  type SqueezeExcitationAttrs,
  type SqueezeExcitationBackwardAttrs,
  type SqueezeExcitationSizes,
  squeezeExcitationSizes,
} from "../ops/squeeze_excitation.ts";
import type { Evaluation } from "./evaluation.ts";

const range = (n: number) => [...Array(n).keys()];
const total = (n: number, term: (i: number) => number) =>
  range(n).reduce((sum, i) => sum + term(i), 0);

/** The evaluation of {@linkcode squeezeExcitationOp}. */
export const evaluateSqueezeExcitation: Evaluation<SqueezeExcitationAttrs> = (
  inputs,
  { inputs: tensors, attrs },
) => {
  const { count, batch, width, hidden, areas } = squeezeExcitationSizes(tensors, attrs);
  const [weight1, bias1, weight2, bias2] = inputs.slice(count);
  const tape: number[] = [];
  const ys = range(count).map((n) => {
    const x = inputs[n];
    const area = areas[n];
    return Float64Array.from(
      range(batch).flatMap((b) => {
        const row = (r: number) => (b * width + r) * area;
        const means = range(width).map((r) => total(area, (i) => x[row(r) + i]) / area);
        const units = range(hidden).map((h) =>
          Math.max(0, bias1[h] + total(width, (r) => weight1[h * width + r] * means[r]))
        );
        const gates = range(width).map((r) =>
          1 / (1 + Math.exp(-bias2[r] - total(hidden, (h) => weight2[r * hidden + h] * units[h])))
        );
        tape.push(...means, ...gates, ...units);
        return range(width).flatMap((r) => range(area).map((i) => x[row(r) + i] * gates[r]));
      }),
    );
  });
  return [...ys, Float64Array.from(tape)];
};

/** The evaluation of {@linkcode squeezeExcitationBackwardOp}. */
export const evaluateSqueezeExcitationBackward: Evaluation<SqueezeExcitationBackwardAttrs> = (
  inputs,
  { inputs: tensors, attrs },
) => {
  const { count, batch, width, hidden, areas } = squeezeExcitationSizes(tensors, attrs);
  const [weight1, weight2, tape, ...grads] = inputs.slice(count);
  const deltas: number[] = [];
  const dxs = range(count).map((n) => {
    const x = inputs[n];
    const area = areas[n];
    const { first, channels } = attrs.windows[n];
    return Float64Array.from(
      range(batch).flatMap((b) => {
        const row = (r: number) => (b * width + r) * area;
        const grad = (r: number, i: number) => grads[n][(b * channels + first + r) * area + i];
        const taped = tape.subarray((n * batch + b) * (2 * width + hidden));
        const gate = (r: number) => taped[width + r];
        const layer2 = range(width).map((r) =>
          total(area, (i) => grad(r, i) * x[row(r) + i]) * gate(r) * (1 - gate(r))
        );
        const layer1 = range(hidden).map((h) =>
          taped[2 * width + h] > 0 ? total(width, (r) => weight2[r * hidden + h] * layer2[r]) : 0
        );
        const means = range(width).map((r) =>
          total(hidden, (h) => weight1[h * width + r] * layer1[h]) / area
        );
        deltas.push(...layer2, ...means, ...layer1);
        return range(width).flatMap((r) => range(area).map((i) => grad(r, i) * gate(r) + means[r]));
      }),
    );
  });
  return [...dxs, Float64Array.from(deltas)];
};

/** The evaluation of {@linkcode squeezeExcitationWeightGradOp}. */
export const evaluateSqueezeExcitationWeightGrad: Evaluation<
  Pick<SqueezeExcitationSizes, "width" | "hidden">
> = ([tape, deltas], { attrs: { width, hidden } }) => {
  const length = 2 * width + hidden;
  const rows = tape.length / length;
  /** The sum over rows of what is at `delta`, times what is taped at `at`. */
  const sum = (delta: number, at?: number) =>
    total(rows, (r) => deltas[r * length + delta] * (at === undefined ? 1 : tape[r * length + at]));
  const units = range(hidden).map((h) => 2 * width + h);
  return [
    units.flatMap((h) => range(width).map((r) => sum(h, r))),
    units.map((h) => sum(h)),
    range(width).flatMap((r) => units.map((h) => sum(r, h))),
    range(width).map((r) => sum(r)),
  ].map((values) => Float64Array.from(values));
};
