import { constant } from "../leaves.ts";
import {
  apply,
  checkFloats,
  type FloatType,
  type Operation,
  sameShape,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import { cast } from "./cast.ts";
import { broadcastTo, reshape, slice, type WindowAttrs, windowOp } from "./views.ts";

/**
 * Weights of {@linkcode squeezeExcitation}.
 * @category Operations
 */
export interface SqueezeExcitationWeights {
  /** `weight` is `[hidden, width]`, `bias` `[hidden]`. */
  readonly layer1: { readonly weight: Tensor; readonly bias: Tensor };
  /** `weight` is `[width, hidden]`, `bias` `[width]`. */
  readonly layer2: { readonly weight: Tensor; readonly bias: Tensor };
}

/** Attributes of the operation behind {@linkcode squeezeExcitation}. */
export interface SqueezeExcitationAttrs {
  /** Number of inputs before the weights, which all are gated. */
  readonly count: number;
}

/** Rows of an input: those of a sample lie together in a row of `channels` of them. */
export interface RowWindow {
  /** The first row of each sample. */
  readonly first: number;
  /** Rows of each sample, those outside the window included. */
  readonly channels: number;
}

/** Attributes of {@linkcode squeezeExcitationBackwardOp}. */
export interface SqueezeExcitationBackwardAttrs extends SqueezeExcitationAttrs {
  /** Where each gradient is within the tensor that holds it. */
  readonly windows: readonly RowWindow[];
}

/** Sizes of a squeeze and excitation, with the names used in the kernels. */
export interface SqueezeExcitationSizes {
  /** Number of inputs. */
  readonly count: number;
  /** Samples of each. */
  readonly batch: number;
  /** Rows of a sample: values of a gate. */
  readonly width: number;
  /** Width of the hidden layer. */
  readonly hidden: number;
  /** Elements of a row, by input. */
  readonly areas: readonly number[];
}

/**
 * The operation behind {@linkcode squeezeExcitation}: inputs are `count` tensors
 * `[batch, width, ..]`, then weight and bias of both layers; gives each tensor gated, and what the
 * backward pass needs, f32 `[count, batch, 2 width + hidden]`: means, gates, hidden layer.
 */
export const squeezeExcitationOp: Operation<SqueezeExcitationAttrs> = {
  name: "squeeze_excitation",
  infer(inputs, { count }) {
    checkFloats("squeeze_excitation", inputs);
    const xs = inputs.slice(0, count);
    const weights = inputs.slice(count);
    const [batch, width] = xs[0].shape;
    const [hidden] = weights[0].shape;
    const expected = [
      ...xs.map(({ shape }) => [batch, width, ...shape.slice(2)]),
      ...weightShapes({ width, hidden }),
    ];
    if (!inputs.every(({ shape }, i) => sameShape(shape, expected[i]))) {
      const [a, b] = [xs, weights].map((ts) => ts.map((t) => shapeText(t.shape)).join(", "));
      throw new ShapeError(`squeeze_excitation: ${a} are not of one width that ${b} fit`);
    }
    return [
      ...xs.map(({ shape, dtype }) => ({ shape, dtype })),
      { shape: [count, batch, 2 * width + hidden], dtype: "f32" },
    ];
  },
  adjoint({ inputs, outputs, attrs: { count } }, grads) {
    if (grads[count]) throw new ShapeError("squeeze_excitation: its gates have no gradient");
    const xs = inputs.slice(0, count);
    const [weight1, , weight2] = inputs.slice(count);
    const tape = outputs[count];
    const windows = xs.map((x, i) => windowOf(grads[i] ?? zeros(x)));
    const backward = apply(
      squeezeExcitationBackwardOp,
      [...xs, weight1, weight2, tape, ...windows.map(({ source }) => source)],
      { count, windows: windows.map(({ first, channels }) => ({ first, channels })) },
    );
    const attrs = { width: weight1.shape[1], hidden: weight1.shape[0] };
    const weights = apply(squeezeExcitationWeightGradOp, [tape, backward[count]], attrs);
    return [...backward.slice(0, count), ...weights];
  },
};

/**
 * From the inputs, the layers' weights, the second output of the operation and the tensors that
 * hold the gradients of the gated inputs: the inputs' gradients and, f32
 * `[count, batch, 2 width + hidden]`, those of the second layer, of an element of each row by way of
 * its mean, and of the first layer.
 */
export const squeezeExcitationBackwardOp: Operation<SqueezeExcitationBackwardAttrs> = {
  name: "squeeze_excitation_backward",
  infer: (inputs, { count }) => [
    ...inputs.slice(0, count).map(({ shape, dtype }) => ({ shape, dtype })),
    { shape: inputs[count + 2].shape, dtype: "f32" },
  ],
};

/** From both tapes: gradients of weight and bias of the first layer, then of the second. */
export const squeezeExcitationWeightGradOp: Operation<
  Pick<SqueezeExcitationSizes, "width" | "hidden">
> = {
  name: "squeeze_excitation_weight_grad",
  infer: (_, attrs) => weightShapes(attrs).map((shape) => ({ shape, dtype: "f32" })),
};

/** Shapes of weight and bias of both layers. */
function weightShapes(
  { width, hidden }: Pick<SqueezeExcitationSizes, "width" | "hidden">,
): number[][] {
  return [[hidden, width], [hidden], [width, hidden], [width]];
}

/** The sizes, from the inputs and the first layer's weight. */
export function squeezeExcitationSizes(
  inputs: readonly Tensor[],
  { count }: SqueezeExcitationAttrs,
): SqueezeExcitationSizes {
  const [batch, width] = inputs[0].shape;
  const areas = inputs.slice(0, count).map(({ size }) => size / (batch * width));
  return { count, batch, width, hidden: inputs[count].shape[0], areas };
}

/** A gradient's rows; those of a part of a concatenation are read where they are. */
function windowOf(grad: Tensor): RowWindow & { readonly source: Tensor } {
  const { op, inputs: [source], attrs } = grad.node;
  const { starts, sizes } = attrs as WindowAttrs;
  const isPart = op === windowOp &&
    starts.every((start, d) =>
      d === 1
        ? start >= 0 && start + sizes[d] <= source.shape[d]
        : start === 0 && sizes[d] === source.shape[d]
    );
  return isPart
    ? { source, first: starts[1], channels: source.shape[1] }
    : { source: grad, first: 0, channels: grad.shape[1] };
}

function zeros({ shape, dtype }: Tensor): Tensor {
  return cast(broadcastTo(constant([0], []), shape), dtype as FloatType);
}

/**
 * Squeeze and excitation (Hu et al., CVPR 2018) of several tensors with the same weights: each row
 * `[batch, width]` is multiplied by its gate,
 * `sigmoid(layer2(relu(layer1(means of the sample's rows))))`.
 *
 * @param xs each `[batch, width, ..]`
 * @returns `scaled`, of the shapes and types of `xs`, and the `gates` of each, `[batch, width]` in
 * f32, through which no gradient flows
 * @throws {ShapeError} naming the shapes where they do not fit
 * @category Operations
 */
export function squeezeExcitation(
  xs: readonly Tensor[],
  { layer1, layer2 }: SqueezeExcitationWeights,
): { readonly scaled: readonly Tensor[]; readonly gates: readonly Tensor[] } {
  const count = xs.length;
  const inputs = [...xs, layer1.weight, layer1.bias, layer2.weight, layer2.bias];
  const outputs = apply(squeezeExcitationOp, inputs, { count });
  const [batch, width] = xs[0].shape;
  const gates = slice(outputs[count], 2, width, 2 * width);
  return {
    scaled: outputs.slice(0, count),
    gates: xs.map((_, i) => reshape(slice(gates, 0, i, i + 1), [batch, width])),
  };
}
