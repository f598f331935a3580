import assert from "node:assert/strict";
import { JOB_KINDS, jobs } from "../../tasks/bench/jobs.ts";
import type { Job } from "../../tasks/bench/jobs.ts";
import type { Library } from "../../tasks/bench/library.ts";
import { timedJob, WrongResultError } from "../../tasks/bench/timed_jobs.ts";
import { runScript } from "./run_script.ts";

const runBench = (...args: string[]) => runScript("bench.ts", ...args);

Deno.test("bench --json gives machine, adapter and a timing of each product", async () => {
  const args = ["--only=matmul", "--peers=none", "--rounds=1", "--json"];
  const { code, out, err } = await runBench(...args);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const report = JSON.parse(out);
  assert.equal(report.system.deno, Deno.version.deno);
  assert.match(report.adapter.class, /^(software|integrated|discrete)$/);
  assert.equal(report.rates, null);
  assert.deepEqual(report.jobs.map(({ job }: { job: string }) => job), [
    "matmul 512",
    "matmul 1024",
  ]);
  for (const [i, { timings }] of report.jobs.entries()) {
    assert.equal(timings.length, 1);
    const [ours] = timings;
    assert.equal(ours.library, "ScaleLong");
    assert.equal(ours.ratio, null);
    assert.equal(ours.dispatches, 1);
    assert.ok(ours.ms > 0 && ours.readyMs > 0);
    const flops = 2 * [512, 1024][i] ** 3;
    assert.ok(Math.abs(ours.gflops * ours.ms * 1e6 / flops - 1) < 1e-9);
  }
});

Deno.test("bench --only=load uploads 500 MB with little host memory", async () => {
  const { code, out, err } = await runBench("--only=load", "--rounds=1", "--json");
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const { bytes, extra_megabytes } = JSON.parse(out).loading;
  assert.ok(bytes > 499e6 && bytes < 501e6);
  assert.ok(extra_megabytes === null || extra_megabytes < 200, `${extra_megabytes} MB`);
});

Deno.test("bench --only=stream reads latents in batches", async () => {
  const { code, out, err } = await runBench("--only=stream", "--rounds=1", "--json");
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const { streaming, loading } = JSON.parse(out);
  assert.equal(loading, null);
  assert.deepEqual([streaming.latents, streaming.bytes], [8192, 2 ** 27]);
  assert.ok(streaming.latents_per_s > 0);
});

Deno.test("bench refuses unknown flags and words in one line with exit code 2", async () => {
  const flag = await runBench("--pears=none");
  assert.deepEqual({ code: flag.code, out: flag.out }, { code: 2, out: "" });
  assert.match(flag.err, /^--pears: [^\n]*--peers[^\n]*\n$/);
  const word = await runBench("--only=matmul,blok");
  assert.deepEqual({ code: word.code, out: word.out }, { code: 2, out: "" });
  assert.match(word.err, /^--only: "blok" [^\n]*did you mean block\?\n$/);
});

Deno.test("jobs() has every kind but the adapter, which is not a job", () => {
  const kinds = new Set<string>(jobs().map(({ kind }) => kind));
  assert.deepEqual([...kinds], JOB_KINDS.filter((kind) => kind !== "adapter"));
});

Deno.test("timedJob() pairs the libraries round by round and gives the ratio", async () => {
  const turns: string[] = [];
  const { timings } = await timedJob(job, [library("ours", 1), library("theirs", 1)], 3, () => {});
  assert.deepEqual(timings.map(({ library }) => library), ["ours", "theirs"]);
  assert.equal(timings[0].ratio, null);
  assert.ok(timings[1].ratio! > 0);
  // Each is sized first, then they take turns.
  assert.deepEqual(turns.slice(-6), ["ours", "theirs", "ours", "theirs", "ours", "theirs"]);

  function library(name: string, element: number): Library {
    return { ...idle(element), name, matmul: () => Promise.resolve(runner(name, element)) };
  }
  function runner(name: string, element: number) {
    return {
      ...silent(element),
      run: async () => {
        turns.push(name);
        await new Promise((done) => setTimeout(done, 1));
      },
    };
  }
});

Deno.test("timedJob() refuses to time a library whose result is wrong", async () => {
  await assert.rejects(
    timedJob(job, [idle(1), { ...idle(1.5), name: "liar" }], 1, () => {}),
    (error: unknown) =>
      error instanceof WrongResultError &&
      /^liar [^\n]*element 0 is 1\.5, not 1$/.test(error.message),
  );
  await assert.rejects(timedJob(job, [idle(NaN)], 1, () => {}), WrongResultError);
});

const job: Job = {
  name: "one",
  kind: "matmul",
  flops: 1,
  bytes: null,
  start: (library) => library.matmul(new Float32Array(1), new Float32Array(1), 1),
  expected: () => new Map([[0, 1]]),
  tolerance: 1e-3,
};

function silent(element: number) {
  return {
    dispatches: 1,
    run: () => Promise.resolve(),
    result: () => Promise.resolve(Float32Array.of(element)),
    [Symbol.dispose]: () => {},
  };
}

/** A library that does every job at once, and whose results are one element. */
function idle(element: number): Library {
  const start = () => Promise.resolve(silent(element));
  return { name: "idle", matmul: start, softmax: start, layerNorm: start, block: start };
}
