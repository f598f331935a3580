import { type DropoutAttrs, dropoutSizes, dropoutThreshold } from "../ops/dropout.ts";
import type { RandomAttrs } from "../ops/random.ts";
import { philox } from "../philox.ts";
import { sizeOf } from "../tensor.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode dropoutOp}. */
export const evaluateDropout: Evaluation<DropoutAttrs> = (
  [x, key],
  { inputs, attrs: { p, stream } },
) => {
  const [seedLow, seedHigh, step, first] = key;
  const { samples, width } = dropoutSizes(inputs[0]);
  const out = new Float64Array(x.length);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < width; i += 4) {
      const bits = philox([i / 4, first + s, step, stream], [seedLow, seedHigh]);
      for (let j = 0; j < 4 && i + j < width; j++) {
        const at = s * width + i + j;
        out[at] = bits[j] >>> 8 < dropoutThreshold(p) ? 0 : x[at] / (1 - p);
      }
    }
  }
  return [out];
};

/** The evaluation of {@linkcode randomOp}. */
export const evaluateRandom: Evaluation<RandomAttrs> = (
  [key],
  { attrs: { shape, distribution, stream } },
) => {
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
};

const uniform = (bits: number): number => (bits >>> 8) * 2 ** -24;

/** Four normal numbers from four words (Box and Muller, 1958). */
function normals([a, b, c, d]: readonly number[]): number[] {
  return [[a, b], [c, d]].flatMap(([u, v]) => {
    const radius = Math.sqrt(-2 * Math.log(((u >>> 8) + 1) * 2 ** -24));
    const angle = 2 * Math.PI * (uniform(v) - 0.5);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
