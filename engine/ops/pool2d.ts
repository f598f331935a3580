import { checkFloats, type Shape, ShapeError, shapeText, type Tensor } from "../tensor.ts";

/** Attributes of a pooling; PyTorch's names. */
export interface Pool2dAttrs {
  /** Height and width of a window. */
  readonly kernel_size: number;
  /** Pixels from one window to the next, down and across. */
  readonly stride: number;
  /** Rows and columns that windows reach beyond each edge, at most half a window. */
  readonly padding: number;
}

/** Sizes of a pooling, with the names used in the kernels. */
export interface Pool2dSizes {
  /** Batch times channels. */
  readonly planes: number;
  /** Height of the input. */
  readonly inH: number;
  /** Width of the input. */
  readonly inW: number;
  /** Height of the output. */
  readonly outH: number;
  /** Width of the output. */
  readonly outW: number;
}

/** The output's shape. @throws {ShapeError} for an input or window that cannot be pooled. */
export function pool2dShape(name: string, x: Tensor, attrs: Pool2dAttrs): Shape {
  const { kernel_size, stride, padding } = attrs;
  checkFloats(name, [x]);
  if (x.shape.length !== 4) {
    throw new ShapeError(
      `${name}: takes [batch, channels, height, width], not ${shapeText(x.shape)}`,
    );
  }
  const whole = [kernel_size, stride, padding].every(Number.isInteger);
  if (!whole || kernel_size < 1 || stride < 1 || padding < 0 || padding > kernel_size / 2) {
    throw new ShapeError(
      `${name}: no windows of ${kernel_size} with stride ${stride} and padding ${padding}`,
    );
  }
  const out = (n: number) => Math.floor((n + 2 * padding - kernel_size) / stride) + 1;
  const [batch, channels, height, width] = x.shape;
  return [batch, channels, out(height), out(width)];
}

/** The sizes of a pooling from its input and output. */
export function pool2dSizes(x: Tensor, y: Tensor): Pool2dSizes {
  const [batch, channels, inH, inW] = x.shape;
  const [, , outH, outW] = y.shape;
  return { planes: batch * channels, inH, inW, outH, outW };
}
