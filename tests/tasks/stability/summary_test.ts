import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { conclusions, reportData } from "../../../tasks/stability/report.ts";
import { rankings, summaryRow } from "../../../tasks/stability/summary.ts";
import type { ProbedRun } from "../../../eval/stability/probed_run.ts";
import { variations } from "../../../tasks/stability/variation.ts";
import { tinyConfig } from "../../tiny_config.ts";

/** A run whose mean norm of the decoder swings between 10 and `10 + range`. */
function run(method: string, seed: number, range: number, diverged_at: number | null = null) {
  const swing = Array.from({ length: 20 }, (_, i) => 10 + (i % 2) * range);
  return {
    method,
    setting: "",
    config: tinyConfig({ train: { n_steps: 20 } }),
    loss: swing.map((v) => v / 100),
    grad_norm: swing,
    probes: {
      "feature_norm.in_blocks.0": swing.map(() => 1e9),
      "feature_norm.skips.1": swing.map(() => 1e9),
      "feature_norm.scaled_skips.1": swing.map(() => 1e9),
      "feature_norm.out_blocks.0": swing.map((v) => 2 * v),
      "feature_norm.out_blocks.1": swing.map(() => 0),
    },
    diverged_at,
    robustness: diverged_at === null ? [{ level: 0.1, ratio: range + seed }] : [],
    seconds: 1,
  } satisfies ProbedRun;
}

Deno.test("summaryRow() is the mean and spread over the seeds that did not diverge", () => {
  const row = summaryRow([run("LS", 0, 2), run("LS", 1, 4), run("LS", 2, 99, 3)]);
  equal(row.diverged, 1);
  equal(row.range!.mean, 3);
  equal(row.range!.deviation, Math.SQRT2);
  equal(row.robustness[0].mean, 3.5);
  const lost = summaryRow([run("LS", 0, 2, 1)]);
  equal(lost.range, null);
});

Deno.test("summaryRow() passes over steps that mixed precision skipped", () => {
  const whole = run("LS", 0, 2);
  const grad_norm = whole.grad_norm.map((norm, i) => i === 9 ? null : norm);
  deepEqual(
    summaryRow([{ ...whole, grad_norm, skipped: [10] }]).grad_range,
    summaryRow([whole]).grad_range,
  );
});

Deno.test("rankings() hold the paper's order against the measured one, with its spread", () => {
  const rows = [
    summaryRow([run("original", 0, 1), run("original", 1, 1.2)]),
    summaryRow([run("1/sqrt(2)-CS", 0, 5), run("1/sqrt(2)-CS", 1, 5.2)]),
    summaryRow([run("CS, kappa 0.7", 0, 4.8), run("CS, kappa 0.7", 1, 5.1)]),
  ];
  const [{ rows: sorted, comparisons, ties }] = rankings(rows);
  deepEqual(sorted.map(({ method }) => method), ["1/sqrt(2)-CS", "CS, kappa 0.7", "original"]);
  equal(ties, 1);
  deepEqual(comparisons, [
    { wider: "original", narrower: "1/sqrt(2)-CS", holds: false, clear: true },
    { wider: "1/sqrt(2)-CS", narrower: "CS, kappa 0.7", holds: true, clear: false },
  ]);
  const facts = { command: "c", adapter: "a", deno: "2", date: "2026-01-01" };
  const runs = [run("original", 0, 1), run("1/sqrt(2)-CS", 0, 5)];
  const [line] = conclusions(reportData(runs, facts));
  ok(line.includes("0 of 1 comparisons hold"), line);
  ok(line.includes("original is not wider than 1/sqrt(2)-CS"), line);
});

Deno.test("variations() has every method, kappa and swept value once", () => {
  const names = variations(tinyConfig(), {
    methods: [0, 2],
    kappas: [0.5, 0.7],
    sweep: { field: "depth", values: [2, 4] },
  }).map(({ method, setting, config }) => `${method} ${setting} ${config.nnet.kappa}`);
  deepEqual(names, [
    "original depth 2 0.7",
    "CS, kappa 0.5 depth 2 0.5",
    "CS, kappa 0.7 depth 2 0.7",
    "original depth 4 0.7",
    "CS, kappa 0.5 depth 4 0.5",
    "CS, kappa 0.7 depth 4 0.7",
  ]);
});
