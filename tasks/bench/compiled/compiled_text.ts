import { textTable } from "../../cli/text_table.ts";
import type { CompiledKernel } from "./compiled_kernels.ts";
import { weightedBound } from "./weighted_bound.ts";

const HEADINGS = [
  ...["runs", "GFLOP", "VGPRs", "spilled", "LDS", "waves/SIMD"],
  ...["inner loop", "turn", "LDS allows", "round trips"],
];

/** Kernels of a smaller part of a step's operations are not listed, unless they spill registers. */
const LEAST_PART = 1e-3;

const LEGEND =
  `LDS: bytes of workgroup memory. waves/SIMD: subgroups that a vector unit holds. inner loop, turn: the
part of the vector unit's busy cycles that are multiply-adds, in the loop with most of them and in a
turn of the outermost loop around it. LDS allows: the part of the peak rate at which workgroup memory
delivers. round trips: times that such a turn waits for memory. bound: the part of the peak rate that
products and attention can reach together by the least of turn and LDS, weighted by FLOPs. These are
counts in compiled code, no times: caches, bandwidth of memory and clocks are not in them.`;

/** A table for each family and type, the largest kernels first, then what bounds each step. */
export function compiledText(kernels: readonly CompiledKernel[]): string {
  const steps = [...Map.groupBy(kernels, ({ family, dtype }) => `${family} ${dtype}`)];
  return [
    ...steps.map(([name, kernels]) => kernelTable(name, kernels)),
    boundTable(steps),
    LEGEND,
  ].join("\n\n");
}

function kernelTable(name: string, kernels: readonly CompiledKernel[]): string {
  const all = sum(kernels, ({ gflop }) => gflop);
  const listed = kernels.filter((k) => k.gflop >= LEAST_PART * all || k.spilled > 0);
  const rest = kernels.length - listed.length;
  const table = textTable([name, ...HEADINGS], listed.map(cells), 1);
  return rest === 0 ? table : `${table}\nand ${rest} small ones that spill nothing`;
}

function boundTable(
  steps: readonly (readonly [name: string, kernels: readonly CompiledKernel[]])[],
): string {
  return textTable(
    ["step", "GFLOP", "kernels", "spilled", "most LDS", "bound"],
    steps.map(([name, kernels]) => [
      name,
      sum(kernels, ({ gflop }) => gflop).toFixed(0),
      String(kernels.length),
      String(sum(kernels, ({ spilled }) => spilled)),
      String(Math.max(...kernels.map(({ workgroup_memory }) => workgroup_memory))),
      `${(100 * weightedBound(kernels)).toFixed(1)}%`,
    ]),
    1,
  );
}

function sum(
  kernels: readonly CompiledKernel[],
  value: (kernel: CompiledKernel) => number,
): number {
  return kernels.reduce((total, kernel) => total + value(kernel), 0);
}

function cells(k: CompiledKernel): string[] {
  return [
    k.kernel,
    String(k.runs),
    k.gflop.toFixed(1),
    String(k.vgprs),
    String(k.spilled),
    String(k.workgroup_memory),
    String(k.subgroups_per_simd),
    k.loop ? percent(k.loop.inner_share) : "",
    k.loop ? percent(k.loop.turn_share) : "",
    k.loop ? percent(k.loop.workgroup_memory_share, "") : "",
    k.loop ? String(k.loop.round_trips) : "",
  ];
}

/** @param unknown what stands for null: a turn that is not known is said */
function percent(part: number | null, unknown = "?"): string {
  return part === null ? unknown : `${(100 * part).toFixed(0)}%`;
}
