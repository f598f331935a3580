import type { PresetName } from "../../../train/config/presets.ts";
import { multiplyAddShare, roundTrips, workgroupMemoryShare } from "./bounds.ts";
import { compile } from "./mesa/compile.ts";
import { FAMILIES, familyCapabilities } from "./families.ts";
import { type Loop, loopsOf, multiplyAdds, withInner } from "./program.ts";
import type { CompiledShader } from "./mesa/radv.ts";
import { DTYPES, type StepDType, type StepKernel, stepKernels } from "./step_kernels.ts";
import { turnOf } from "./turns.ts";

/** What a compiler made of a kernel of a training step. */
export interface CompiledKernel {
  readonly kernel: string;
  readonly family: string;
  readonly dtype: StepDType;
  /** How often a step runs it. */
  readonly runs: number;
  /** Floating-point operations of all those runs, in 10^9. */
  readonly gflop: number;
  /** Vector registers of an invocation. */
  readonly vgprs: number;
  /** Vector and scalar registers that are kept in memory, for want of room. */
  readonly spilled: number;
  /** Bytes of workgroup memory. */
  readonly workgroup_memory: number;
  /** Subgroups that a vector unit holds. */
  readonly subgroups_per_simd: number;
  /** Of its main loop; null where it has none with multiply-adds. */
  readonly loop: LoopCounts | null;
}

/** What is counted in a kernel's main loop; parts are of the rate of multiply-adds. */
export interface LoopCounts {
  /** The multiply-adds of the loop with most of them in all that the vector unit does there. */
  readonly inner_share: number;
  /** The same of a turn of the outermost loop around it; null where its turns are not known. */
  readonly turn_share: number | null;
  /** What workgroup memory delivers in such a turn; null where none is used. */
  readonly workgroup_memory_share: number | null;
  /** Times that such a turn waits for memory. */
  readonly round_trips: number;
}

/**
 * Compiles the kernels of a preset's training step, in f32 and in mixed precision, for AMD GPUs that
 * need not be there.
 *
 * @throws {MissingDriverError} where Mesa's drivers are not installed
 */
export async function compiledKernels(
  preset: PresetName,
  families: readonly string[],
): Promise<CompiledKernel[]> {
  const steps = families.flatMap((family) =>
    DTYPES.map((dtype) => ({
      family,
      dtype,
      kernels: stepKernels(familyCapabilities(family), preset, dtype),
    }))
  );
  const compiled = await compile(
    families.map((family): [string, string[]] => [
      family,
      steps.filter((step) => step.family === family)
        .flatMap(({ kernels }) => kernels.map(({ code }) => code)),
    ]),
  );
  return steps.flatMap(({ family, dtype, kernels }) =>
    kernels.map((kernel) => ({
      family,
      dtype,
      ...countsOf(kernel, compiled.get(family)!.get(kernel.code)!, family),
    }))
  );
}

function countsOf(
  { label, code, runs, gflop }: StepKernel,
  { statistics, subgroupSize, assembly }: CompiledShader,
  family: string,
): Omit<CompiledKernel, "family" | "dtype"> {
  return {
    kernel: label,
    runs,
    gflop,
    vgprs: statistics["VGPRs"],
    spilled: statistics["Spilled VGPRs"] + statistics["Spilled SGPRs"],
    workgroup_memory: statistics["LDS size"],
    subgroups_per_simd: statistics["Subgroups per SIMD"],
    loop: loopCounts(loopsOf(assembly), code, subgroupSize, family),
  };
}

function loopCounts(
  loops: readonly Loop[],
  wgsl: string,
  subgroupSize: number,
  family: string,
): LoopCounts | null {
  const main = loops.flatMap((outer) => withInner(outer).map((inner) => ({ outer, inner })))
    .filter(({ inner }) => multiplyAdds(inner) > 0)
    .toSorted((a, b) => multiplyAdds(b.inner) - multiplyAdds(a.inner))[0];
  if (!main) return null;
  const target = { generation: FAMILIES.get(family)!.generation, subgroupSize };
  const turn = turnOf(main.outer, wgsl);
  const counted = turn ?? main.inner.own;
  return {
    inner_share: multiplyAddShare(main.inner.own, target),
    turn_share: turn && multiplyAddShare(turn, target),
    workgroup_memory_share: workgroupMemoryShare(counted, target),
    round_trips: roundTrips(counted),
  };
}
