import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitByElement } from "./by_element.ts";

/** Emits the numbers of f16 bits: an invocation per element. */
export function emitUnpackF16(emitter: Emitter, words: Ref, out: Ref): void {
  emitByElement(emitter, {
    label: "unpack_f16",
    count: out.size,
    declarations: declareBindings([
      { name: "words", type: "u32", access: "read" },
      { name: "out", type: out.dtype, access: "read_write" },
    ]),
    reads: [words],
    outs: [out],
    // By the bits: unpack2x16float may take subnormal numbers for zero.
    body: `let bits = (words[i / 2u] >> (16u * (i % 2u))) & 0xffffu;
    let exponent = (bits >> 10u) & 31u;
    let fraction = bits & 1023u;
    let normal = (select(exponent + 112u, 255u, exponent == 31u) << 23u) | (fraction << 13u);
    let subnormal = bitcast<u32>(f32(fraction) * 0x1p-24f);
    let magnitude = select(normal, subnormal, exponent == 0u);
    out[i] = ${out.dtype}(bitcast<f32>(((bits & 0x8000u) << 16u) | magnitude));`,
  });
}
