import type { Emitter } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import { emitGpuGemm } from "./gemm_variants.ts";
import { emitGemmRowSums } from "./row_sums.ts";
import { isOnePass, partialRowOf, subgroupGemm } from "./subgroup_gemm.ts";

/** Emits a matrix product with the kernel for the adapter. */
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
 * The product with separate memory for partial sums where C cannot hold them: they are f32, and
 * stored as vectors even where C's rows are not whole vectors.
 */
function withPartialSums(emitter: Emitter, lanes: number, gemm: Gemm): Gemm {
  const { c, m, batches = [1, 1] } = gemm;
  if (isOnePass(lanes, gemm)) return gemm;
  const partialRow = partialRowOf(lanes, gemm);
  const size = batches[0] * batches[1] * m * (partialRow ?? 0);
  if (partialRow !== undefined && size * 4 <= emitter.capabilities.maxBindingBytes) {
    return { ...gemm, c: { ...c, ref: emitter.scratch(size) }, product: c.ref, partialRow };
  }
  if (c.ref.dtype === "f32") return gemm;
  return { ...gemm, c: { ...c, ref: emitter.scratch(c.ref.size) }, product: c.ref };
}
