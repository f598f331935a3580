import type { PackAttrs, UnpackAttrs } from "../ops/pack.ts";
import type { UnpackF16Attrs } from "../ops/unpack_f16.ts";
import { type Shape, sizeOf } from "../tensor.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode unpackBytesOp}. */
export const evaluateUnpackBytes: Evaluation<{ readonly shape: Shape }> = (
  [words],
  { attrs: { shape } },
) => [
  Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => (words[i >> 2] >>> (8 * (i & 3))) & 255,
  ),
];

/** The evaluation of {@linkcode unpackF16Op}. */
export const evaluateUnpackF16: Evaluation<UnpackF16Attrs> = ([words], { attrs: { shape } }) => {
  const halves = Uint16Array.from(
    { length: sizeOf(shape) },
    (_, i) => (words[i >> 1] >>> (16 * (i & 1))) & 0xffff,
  );
  return [Float64Array.from(new Float16Array(halves.buffer))];
};

/** The evaluation of {@linkcode packOp}. */
export const evaluatePack: Evaluation<PackAttrs> = (inputs, { attrs: { offsets, length } }) => {
  const out = new Float64Array(length);
  inputs.forEach((x, i) => out.set(x, offsets[i]));
  return [out];
};

/** The evaluation of {@linkcode unpackOp}. */
export const evaluateUnpack: Evaluation<UnpackAttrs> = ([packed], { attrs: { offset, shape } }) => [
  packed.slice(offset, offset + sizeOf(shape)),
];
