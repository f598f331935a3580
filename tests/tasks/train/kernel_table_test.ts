import { strictEqual as equal } from "node:assert/strict";
import type { KernelTime } from "../../../engine/mod.ts";
import { kernelTable } from "../../../tasks/train/kernel_table.ts";
import { traceFile } from "../../../tasks/train/trace_file.ts";

const time = (
  label: string,
  start: number,
  milliseconds: number,
  flops: number,
  bytes: number,
): KernelTime => ({ kernel: { label, workgroups: [1, 2, 1], flops, bytes }, start, milliseconds });

const TIMES = [
  time("sum", 0, 1, 1e6, 4e6),
  time("linear", 1, 2, 4e9, 1e6),
  time("linear", 3.5, 2, 4e9, 1e6),
  time("sum", 6, 1, 1e6, 4e6),
];

Deno.test("kernelTable() adds launches up, slowest first, with the fraction of the nearer limit", () => {
  const table = kernelTable(TIMES, 2, { copyGBs: 8, multiplyAddGflops: 4000 });
  equal(
    table,
    `kernel  launches  ms/step   time  GFLOP/s  GB/s  of peak
linear         1     2.00  66.7%   2000.0   0.5    50.0%
sum            1     1.00  33.3%      1.0   4.0    50.0%`,
  );
});

Deno.test("traceFile() has an event for each launch, in microseconds", () => {
  const { traceEvents } = JSON.parse(traceFile(TIMES));
  equal(traceEvents.filter((e: { ph: string }) => e.ph === "X").length, 4);
  const { name, ts, dur } = traceEvents[3];
  equal(`${name} ${ts} ${dur}`, "linear 3500 2000");
});
