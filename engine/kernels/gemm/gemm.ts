import type { Emitter } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import { emitGpuGemm } from "./gemm_variants.ts";
import { emitGemmRowSums } from "./row_sums.ts";
import { isOnePass, subgroupGemm, sumsRow } from "./subgroup_gemm.ts";

/** Emits a product with the kernel that suits the adapter. */
export function emitGemm(emitter: Emitter, gemm: Gemm): void {
  const { capabilities } = emitter;
  const { adapterClass, subgroupSize } = capabilities;
  if (adapterClass === "software" && subgroupSize >= 4) {
    emitter.emit(subgroupGemm(capabilities, withPartialSums(emitter, subgroupSize, gemm)));
  } else {
    const { rowSums, ...product } = gemm;
    emitGpuGemm(emitter, product);
    if (rowSums) emitGemmRowSums(emitter, gemm, rowSums);
  }
}

/**
 * The product with its partial sums in memory of their own, where C cannot take them: they are f32,
 * and in vectors where C's rows, being of odd lengths, have none.
 */
function withPartialSums(emitter: Emitter, lanes: number, gemm: Gemm): Gemm {
  const { c, m, batches = [1, 1] } = gemm;
  if (isOnePass(lanes, gemm)) return gemm;
  const sums = sumsRow(lanes, gemm);
  const size = batches[0] * batches[1] * m * (sums ?? 0);
  if (sums !== undefined && size * 4 <= emitter.capabilities.maxBindingBytes) {
    return { ...gemm, c: { ...c, ref: emitter.scratch(size) }, to: c.ref, sums };
  }
  if (c.ref.dtype === "f32") return gemm;
  return { ...gemm, c: { ...c, ref: emitter.scratch(c.ref.size) }, to: c.ref };
}
