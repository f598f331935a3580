import { type Operation, type Shape, ShapeError, sizeOf, type Tensor } from "../tensor.ts";
import { philox } from "../philox.ts";
import { applyOne } from "./elementwise.ts";

/** Attributes of random tensors. */
export interface RandomAttrs {
  /** Shape of the result; the first dimension counts samples. */
  readonly shape: Shape;
  /** Standard normal, or uniform in [0, 1). */
  readonly distribution: "normal" | "uniform";
  /** Which of the independent streams of the same seed and step. */
  readonly stream: number;
}

/**
 * The operation behind {@linkcode randomNormal} and {@linkcode randomUniform}. Its input is a u32
 * key `[seed low, seed high, step, first sample]`.
 */
export const randomOp: Operation<RandomAttrs> = {
  name: "random",
  infer([key], { shape }) {
    if (key.dtype !== "u32" || key.size !== 4) {
      throw new ShapeError("random: takes a u32 key of 4: seed low, seed high, step, first sample");
    }
    return [{ shape, dtype: "f32" }];
  },
  evaluate([key], { attrs: { shape, distribution, stream } }) {
    const [seedLow, seedHigh, step, first] = key;
    const samples = shape.length === 0 ? 1 : shape[0];
    const width = sizeOf(shape) / samples;
    const out = new Float64Array(sizeOf(shape));
    for (let s = 0; s < samples; s++) {
      for (let i = 0; i < width; i += 4) {
        const bits = philox([i / 4, first + s, step, stream], [seedLow, seedHigh]);
        const four = distribution === "uniform" ? bits.map(uniform) : normals(bits);
        for (let j = 0; j < 4 && i + j < width; j++) out[s * width + i + j] = four[j];
      }
    }
    return [out];
  },
};

/**
 * Standard normal numbers. Element `e` of sample `i` (an index of the first dimension) depends on
 * (seed, stream, step, first sample + i, e) alone, not on how a batch is split.
 * @category Operations
 */
export function randomNormal(key: Tensor, shape: Shape, stream: number): Tensor {
  return applyOne(randomOp, [key], { shape, distribution: "normal", stream });
}

/**
 * Numbers uniform in [0, 1), multiples of 2^-24; addressed as in {@linkcode randomNormal}.
 * @category Operations
 */
export function randomUniform(key: Tensor, shape: Shape, stream: number): Tensor {
  return applyOne(randomOp, [key], { shape, distribution: "uniform", stream });
}

const uniform = (bits: number): number => (bits >>> 8) * 2 ** -24;

/** Four normal numbers from four words (Box and Muller, 1958). */
function normals([a, b, c, d]: readonly number[]): number[] {
  return [[a, b], [c, d]].flatMap(([u, v]) => {
    const radius = Math.sqrt(-2 * Math.log(((u >>> 8) + 1) * 2 ** -24));
    const angle = 2 * Math.PI * (uniform(v) - 0.5);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
