import { deepStrictEqual as deepEqual, match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { latentRun } from "./latent_run.ts";
import { runScript } from "./run_script.ts";

Deno.test("deno task fid decodes what a run on latents draws, the same as sample writes", async () => {
  await using made = await latentRun({
    data: { latents: { autoencoder: null, scale_factor: 0.25 } },
  });
  const out = join(made.folder, "out");
  const drawing = ["--n=3", "--steps=3", "--labels=0,2", "--scale=0", "--batch_size=2"];
  const vae = `--autoencoder.weights=${made.vae}`;
  const wrote = await runScript(
    "sample.ts",
    `--checkpoint=${made.run}`,
    `--out=${out}`,
    vae,
    ...drawing,
  );
  equal(wrote.code, 0, wrote.err);
  const fid = (...args: string[]) =>
    runScript("fid.ts", ...args, "--metrics=swd", "--json", ...drawing);
  const compared = await fid(made.run, out, vae);
  equal(compared.code, 0, compared.err);
  match(compared.err, /^the scale factor is 0\.5, and .* multiplied by 0\.25: images will look/m);
  const { a, b, sliced_wasserstein } = JSON.parse(compared.out);
  ok(sliced_wasserstein < 1e-3, `${sliced_wasserstein}`);
  const record = JSON.parse(await Deno.readTextFile(join(out, "sample.json")));
  deepEqual([a.drawn.autoencoder, a.n, b.n], [record.autoencoder, 3, 3]);

  const alone = await fid(made.run, vae);
  equal(alone.code, 2, alone.err);
  match(
    alone.err.trimEnd().split("\n").at(-1)!,
    /^drawn from .* has learned latents, which are no/,
  );
  const without = await fid(made.run, out);
  equal(without.code, 2, without.err);
  match(without.err, /^--autoencoder\.weights: this network draws latents; name .*\n$/);
});
