import type { KernelTime } from "../../engine/mod.ts";
import type { AdapterRates } from "../../engine/testing/adapter_rates.ts";
import { textTable } from "../cli/text_table.ts";

/** All launches with one label. */
interface KernelKind {
  readonly label: string;
  launches: number;
  milliseconds: number;
  flops: number;
  bytes: number;
}

/**
 * A line for each kind of kernel, slowest first: launches and time per step, rates, and the fraction of
 * what the adapter can do at best in that time, by operations or by bytes, whichever is larger.
 */
export function kernelTable(
  times: readonly KernelTime[],
  steps: number,
  { copyGBs, multiplyAddGflops }: AdapterRates,
): string {
  const kinds = new Map<string, KernelKind>();
  for (const { kernel: { label, flops, bytes }, milliseconds } of times) {
    let kind = kinds.get(label);
    if (!kind) kinds.set(label, kind = { label, launches: 0, milliseconds: 0, flops: 0, bytes: 0 });
    kind.launches++;
    kind.milliseconds += milliseconds;
    kind.flops += flops;
    kind.bytes += bytes;
  }
  const total = times.reduce((sum, t) => sum + t.milliseconds, 0);
  const sorted = [...kinds.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  return textTable(
    ["kernel", "launches", "ms/step", "time", "GFLOP/s", "GB/s", "of peak"],
    sorted.map(({ label, launches, milliseconds, flops, bytes }) => {
      const gflops = flops / milliseconds / 1e6;
      const gbs = bytes / milliseconds / 1e6;
      return [
        label,
        String(launches / steps),
        (milliseconds / steps).toFixed(2),
        percent(milliseconds / total),
        gflops.toFixed(1),
        gbs.toFixed(1),
        percent(Math.max(gflops / multiplyAddGflops, gbs / copyGBs)),
      ];
    }),
    1,
  );
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}%`;
}
