import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { CHROMIUM } from "../browser/browser.ts";
import { opened } from "../browser/opened.ts";
import { runScript } from "./run_script.ts";

const TINY = [
  "--n_steps=6",
  "--img_size=8",
  "--patch_size=4",
  "--image_size=8",
  "--dataset.n=64",
  "--embed_dim=32",
  "--depth=2",
  "--num_heads=2",
  "--batch_size=4",
  "--methods=0,2,4",
  "--kappas=0.5",
  "--levels=0.1,1",
  "--seeds=2",
];

Deno.test("stability trains every method, keeps runs, and reports", async (t) => {
  const out = await Deno.makeTempDir();
  const stamps = async () =>
    await Promise.all(
      [...Deno.readDirSync(join(out, "runs"))].map(async ({ name }) =>
        `${name} ${(await Deno.stat(join(out, "runs", name))).mtime?.getTime()}`
      ),
    );
  await t.step("leaves a run for each method and seed", async () => {
    const { code, err } = await runScript("stability.ts", ...TINY, `--out=${out}`);
    equal(code, 0, err);
    match(err, /Oscillation range of the feature norm, widest first: /);
    deepEqual([...Deno.readDirSync(join(out, "runs"))].map(({ name }) => name).sort(), [
      ...["cs-kappa-0.5_seed-0.json", "cs-kappa-0.5_seed-1.json"],
      ...["ls-non-share_seed-0.json", "ls-non-share_seed-1.json"],
      ...["original_seed-0.json", "original_seed-1.json"],
    ]);
    const { rows, rankings } = JSON.parse(await Deno.readTextFile(join(out, "stability.json")));
    equal(rows.length, 3);
    ok(rows.every((row: { range: { mean: number } }) => row.range.mean > 0));
    equal(rankings[0].comparisons.length, 0);
  });
  await t.step("does only what is missing when asked again", async () => {
    const before = (await stamps()).sort();
    await Deno.writeTextFile(join(out, "runs", "original_seed-1.json"), '{"half');
    const { code } = await runScript("stability.ts", ...TINY, `--out=${out}`);
    equal(code, 0);
    const after = (await stamps()).sort();
    deepEqual(
      after.filter((line, i) => line !== before[i]).map((line) => line.split(" ")[0]),
      ["original_seed-1.json"],
    );
  });
  await t.step(
    CHROMIUM ? "draws every plot in a browser" : "not drawn in a browser: no Chromium here",
    async () => {
      if (!CHROMIUM) return;
      const { dom, complaints } = await opened(join(out, "report.html"));
      const svgs = dom.split("<svg").slice(1);
      equal(svgs.length, 6);
      for (const svg of svgs) match(svg, /<(path|circle)[^>]+(d="M|cx="\d)/);
      equal(complaints, "");
      equal(/src="|href="http/.test(dom), false);
    },
  );
  await Deno.remove(out, { recursive: true });
});

Deno.test("stability compares the methods in a UNet too", async () => {
  const out = await Deno.makeTempDir();
  const { code, err } = await runScript(
    "stability.ts",
    ...["--quick", "--backbone=unet", "--methods=1,3", "--seeds=1", "--n_steps=2", "--levels=0.1"],
    ...["--nnet.img_size=8", "--image_size=8", "--ch=32", "--ch_mult=1,1", "--attn_resolutions=4"],
    ...["--num_res_blocks=1", "--batch_size=2", `--out=${out}`],
  );
  equal(code, 0, err);
  const run = JSON.parse(await Deno.readTextFile(join(out, "runs", "ls_seed-0.json")));
  equal(run.config.nnet.name, "unet");
  equal(run.config.train.grad_clip, 0);
  ok(run.probes["feature_norm.mid.block_1"] !== undefined, Object.keys(run.probes).join(" "));
  await Deno.remove(out, { recursive: true });
});

Deno.test("stability refuses what it cannot compare, in a line", async () => {
  const cases = [
    ["--methods=5", "--methods: 5 is none of 0, 1, 2, 3, 4"],
    ["--sweep=width:1", /^--sweep: expected depth:.., .* got "width:1"$/],
    ["--kappas=a", '--kappas: expected numbers with commas between, got "a"'],
    ["--micro_batches=2", "probes see whole batches: --micro_batches=1"],
  ] as const;
  for (const [flag, line] of cases) {
    const { code, err } = await runScript("stability.ts", flag, "--out=nowhere");
    equal(code, 2, err);
    if (typeof line === "string") equal(err.trimEnd(), line);
    else match(err.trimEnd(), line);
  }
});
