import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { frechetDistance } from "../../../eval/metrics/frechet_distance.ts";
import { readReferenceFile, saveStatistics } from "../../../eval/metrics/statistics_file.ts";
import { encodeNpz } from "../../../train/formats/npz.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { readGolden } from "../../golden.ts";
import { seeded } from "../seeded.ts";
import { drain } from "../image_sets/drain.ts";

const f64 = (shape: number[], ...values: number[]): StoredTensor => ({
  dtype: "F64",
  shape,
  data: Float64Array.from(values),
});

async function withFile(
  arrays: Record<string, StoredTensor>,
  run: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(folder, "x.npz"), encodeNpz(arrays));
    await run(join(folder, "x.npz"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readReferenceFile() reads statistics as NumPy writes them", async () => {
  const golden = await readGolden("frechet_distance");
  for (const name of ["full64", "rank_deficient64"]) {
    const file = new URL(`../../golden/fid_stats_${name}.npz`, import.meta.url).pathname;
    const { statistics, images } = await readReferenceFile(file);
    equal(images, null);
    deepEqual(statistics!.mu, Float64Array.from(golden.f64(`${name}.mu1`)));
    deepEqual(statistics!.sigma, Float64Array.from(golden.f64(`${name}.sigma1`)));
    equal(statistics!.n, null);
    ok(Math.abs(frechetDistance(statistics!, statistics!)) < 1e-5);
  }
});

Deno.test("saveStatistics() is read back, number of images included", async () => {
  await withFile({}, async (file) => {
    for (const n of [50, null]) {
      const statistics = { mu: Float64Array.of(1, 2), sigma: Float64Array.of(4, 1, 1, 3), n };
      await saveStatistics(file, statistics);
      deepEqual((await readReferenceFile(file)).statistics, statistics);
    }
  });
});

Deno.test("readReferenceFile() takes ADM's files: float32, more arrays, images", async () => {
  const mu: StoredTensor = { dtype: "F32", shape: [1], data: Float32Array.of(0.5) };
  const images: StoredTensor = {
    dtype: "U8",
    shape: [2, 1, 2, 3],
    data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  };
  const labels: StoredTensor = { dtype: "I64", shape: [2], data: BigInt64Array.of(0n, 1n) };
  const sigma = f64([1, 1], 2);
  await withFile({ mu, sigma, mu_s: mu, sigma_s: sigma, arr_0: images }, async (file) => {
    const { statistics, images } = await readReferenceFile(file);
    deepEqual(statistics, { mu: Float64Array.of(0.5), sigma: Float64Array.of(2), n: 2 });
    equal(images!.n, 2);
  });
  await withFile({ arr_0: images, arr_1: labels }, async (file) => {
    const { statistics, images } = await readReferenceFile(file);
    equal(statistics, null);
    deepEqual(await drain(images!), [
      Uint8Array.of(1, 4, 2, 5, 3, 6),
      Uint8Array.of(7, 10, 8, 11, 9, 12),
    ]);
  });
});

Deno.test("readReferenceFile() refuses other files in a line that names them", async () => {
  const refused = (arrays: Record<string, StoredTensor>, message: RegExp) =>
    withFile(arrays, (file) => rejects(readReferenceFile(file), { name: "NpzError", message }));
  await refused({ x: f64([1], 1) }, /x\.npz: expected mu \[d\] and sigma .* mu \[missing\]/);
  await refused({ mu: f64([2], 1, 2), sigma: f64([3, 1], 1, 2, 3) }, /sigma \[3,1\]/);
  await refused(
    { mu: f64([1], NaN), sigma: f64([1, 1], 1) },
    /mu or sigma holds infinite or NaN values/,
  );
  await refused({ mu: f64([1], 1), sigma: f64([1, 1], NaN) }, /infinite or NaN/);
  const whole: StoredTensor = { dtype: "I64", shape: [1], data: BigInt64Array.of(3n) };
  await refused(
    { mu: whole, sigma: { ...whole, dtype: "I32", shape: [1, 1], data: Int32Array.of(2) } },
    /x\.npz: mu \[1\] is I64 and sigma \[1,1\] is I32, and whole numbers hold no means: write/,
  );
  await refused({ arr_0: f64([1, 1, 1, 3], 1, 2, 3) }, /arr_0 \[N, H, W, 3\] of U8, not F64/);
  await withFile({}, async (file) => {
    await Deno.writeFile(file, new Uint8Array(10));
    await rejects(readReferenceFile(file), { name: "NpzError" });
  });
});

/** A covariance `[d, d]` of rank `rank`, and a copy of it changed by `change`. */
function covarianceTensor(
  d: number,
  rank: number,
  change: (sigma: Float64Array) => void = () => {},
): StoredTensor {
  const factor = seeded(d * rank, 5);
  const sigma = new Float64Array(d * d);
  for (let at = 0; at < d * d; at++) {
    const [i, j] = [Math.floor(at / d), at % d];
    for (let k = 0; k < rank; k++) sigma[at] += factor[i * rank + k] * factor[j * rank + k];
  }
  change(sigma);
  return { dtype: "F64", shape: [d, d], data: sigma };
}

Deno.test("readReferenceFile() takes covariances of any rank, also rounded to float32", async () => {
  for (const rank of [0, 1, 7, 40]) {
    const sigma = covarianceTensor(40, rank);
    const rounded: StoredTensor = {
      dtype: "F32",
      shape: [40, 40],
      data: Float32Array.from(sigma.data as Float64Array),
    };
    const mu = f64([40], ...seeded(40, 1));
    for (const each of [sigma, rounded]) {
      await withFile({ mu, sigma: each }, async (file) => {
        equal((await readReferenceFile(file)).statistics!.sigma.length, 1600);
      });
    }
  }
});

const noCovariances: Record<string, [change: (sigma: Float64Array) => void, says: RegExp]> = {
  "a negated covariance": [
    (sigma) => sigma.forEach((value, i) => sigma[i] = -value),
    /x\.npz: sigma is no covariance: its variance 0 is negative \(-/,
  ],
  "an asymmetric one": [(sigma) => sigma[3] += 0.1, /it is not symmetric: \[3, 0\] is /],
  "an indefinite one": [
    (sigma) => [3, 3 * 40].forEach((at) => sigma[at] = 2 * Math.sqrt(sigma[0] * sigma[3 * 41])),
    /it has negative eigenvalues$/,
  ],
  "one without variances": [
    (sigma) => Array.from({ length: 40 }, (_, i) => sigma[41 * i] = 0),
    /no covariance/,
  ],
};

for (const [what, [change, message]] of Object.entries(noCovariances)) {
  Deno.test(`readReferenceFile() refuses ${what}`, () =>
    withFile(
      { mu: f64([40], ...seeded(40, 1)), sigma: covarianceTensor(40, 40, change) },
      (file) => rejects(readReferenceFile(file), { name: "NpzError", message }),
    ));
}
