import type { KernelTime } from "../../engine/mod.ts";

/**
 * Kernels as a trace that chrome://tracing and ui.perfetto.dev open: JSON of the Trace Event Format
 * with a complete event ("X") for each launch, in microseconds.
 */
export function traceFile(times: readonly KernelTime[]): string {
  const events = times.map(({ kernel, start, milliseconds }) => ({
    name: kernel.label,
    cat: "kernel",
    ph: "X",
    pid: 1,
    tid: 1,
    ts: 1000 * start,
    dur: 1000 * milliseconds,
    args: { workgroups: kernel.workgroups.join(" x "), flops: kernel.flops, bytes: kernel.bytes },
  }));
  const process = { name: "process_name", ph: "M", pid: 1, args: { name: "GPU" } };
  return JSON.stringify({ traceEvents: [process, ...events], displayTimeUnit: "ms" });
}
