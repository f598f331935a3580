import type { CompiledKernel, LoopCounts } from "./compiled_kernels.ts";

/** Kernels of products and of attention, by their labels. */
const PRODUCTS = /^(linear|matmul|conv2d|attention|flash_attention)/;

/** Whether a kernel's operations count in the bound: those of products and attention do. */
export function isCounted(
  kernel: CompiledKernel,
): kernel is CompiledKernel & { readonly loop: LoopCounts } {
  return PRODUCTS.test(kernel.kernel) && kernel.loop !== null && kernel.gflop > 0;
}

/**
 * The largest part of the peak rate that the products and the attention of a step can reach together
 * if nothing ever waits: each can do what its vector instructions or workgroup memory allow.
 */
export function weightedBound(kernels: readonly CompiledKernel[]): number {
  let [gflop, time] = [0, 0];
  for (const kernel of kernels.filter(isCounted)) {
    const { inner_share, turn_share, workgroup_memory_share } = kernel.loop;
    gflop += kernel.gflop;
    time += kernel.gflop / Math.min(turn_share ?? inner_share, workgroup_memory_share ?? 1);
  }
  return gflop / time;
}
