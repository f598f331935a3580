import assert from "node:assert/strict";
import { decodeNpz, encodeNpz, NpzError } from "../../../train/formats/npz.ts";
import { encodeNpy } from "../../../train/formats/npy.ts";
import { writeZip } from "../../../train/formats/zip.ts";
import { readGolden } from "../../golden.ts";
import { DTYPES, everyRamp, ramp } from "./ramp.ts";

const every = everyRamp(DTYPES.filter((dtype) => dtype !== "BF16"));
const read = (path: string) => Deno.readFileSync(new URL(`../../${path}`, import.meta.url));

Deno.test("npz round trips for every dtype and shape, and is deterministic", () => {
  const bytes = encodeNpz(every);
  assert.deepStrictEqual(decodeNpz(bytes, "made"), every);
  assert.deepStrictEqual(encodeNpz(every), bytes);
  assert.deepStrictEqual(decodeNpz(encodeNpz({}), "none"), {});
  const odd = { ["__proto__"]: ramp("U8", 1), "folder/ü": ramp("F32") };
  assert.deepStrictEqual(decodeNpz(encodeNpz(odd), "odd"), odd);
});

Deno.test("decodeNpz() reads compressed files", () => {
  const { ramp: values, label } = decodeNpz(read("data/formats/compressed.npz"), "compressed");
  assert.deepStrictEqual(values, ramp("F32", 40, 3));
  assert.deepStrictEqual(label, ramp("I64", 2));
});

Deno.test("decodeNpz() reads statistics as NumPy writes them", async () => {
  const golden = await readGolden("frechet_distance");
  for (const name of ["full64", "rank_deficient64"]) {
    const { mu, sigma } = decodeNpz(read(`golden/fid_stats_${name}.npz`), name);
    assert.deepStrictEqual([mu.shape, sigma.shape], [[64], [64, 64]]);
    assert.deepStrictEqual(mu.data, Float64Array.from(golden.f64(`${name}.mu1`)));
    assert.deepStrictEqual(sigma.data, Float64Array.from(golden.f64(`${name}.sigma1`)));
  }
});

Deno.test("decodeNpz() refuses a damaged file and names the problem", () => {
  const refuses = (members: Parameters<typeof writeZip>[0], message: RegExp) =>
    assert.throws(() => decodeNpz(writeZip(members), "run/x.npz"), (error) => {
      assert.ok(error instanceof NpzError);
      assert.match(error.message, /^run\/x\.npz is not a valid \.npz file: [^\n]*$/);
      assert.match(error.message, message);
      return true;
    });
  const bytes = encodeNpy(ramp("F32", 2));
  refuses([{ name: "a.npy", bytes: bytes.subarray(1) }], /"a\.npy" is not a valid \.npy file/);
  refuses([{ name: "a.txt", bytes }], /"a\.txt" is not an \.npy file/);
  refuses([{ name: "a.npy", bytes }, { name: "a.npy", bytes }], /two members are called "a\.npy"/);
  const long = "x\n".repeat(30_000);
  refuses([{ name: long, bytes }], /"x\ufffdx.*\.\.\." is not an \.npy file/);
  assert.throws(() => encodeNpz({ a: ramp("BF16", 2) }), NpzError);
});
