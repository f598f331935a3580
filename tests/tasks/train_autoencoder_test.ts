import {
  deepStrictEqual as deepEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual as equal,
} from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkpointFolder, latestOfAnyRun } from "../../train/checkpoints/checkpoint.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { decodeImage } from "../../train/formats/image.ts";
import { runScript } from "./run_script.ts";
import { TINY_AUTOENCODER } from "./tiny_autoencoder.ts";
import {
  command,
  loggedSteps,
  logWithoutTimes,
  noSignals,
  Training,
  withWorkdir,
} from "./tiny_run.ts";

const ignore = noSignals;

/** What a run leaves, but for times and its folder's name. */
async function leftIn(workdir: string): Promise<unknown> {
  const checkpoint = await latestOfAnyRun(workdir, { onSkip: (message) => ok(false, message) });
  const { config, ...values } = checkpoint!;
  const last = join(workdir, "samples", `${values.step}.png`);
  return {
    values,
    config: { ...config, workdir: null },
    log: logWithoutTimes(workdir),
    grid: await Deno.readFile(last),
    scale_factor: (await metadataOf(workdir)).scale_factor,
  };
}

async function metadataOf(workdir: string): Promise<{ scale_factor: number }> {
  using autoencoder = await openAutoencoder(workdir);
  deepEqual(autoencoder.notes, []);
  return autoencoder.config;
}

Deno.test(
  "an autoencoder's run that is killed, stopped and resumed is the run that was not",
  { ignore },
  async () => {
    await withWorkdir(async (workdir) => {
      const start = (...args: string[]) =>
        new Training(command([...TINY_AUTOENCODER, `--workdir=${workdir}`, ...args]));
      const killed = start("--n_steps=100000");
      await killed.until(() => existsSync(checkpointFolder(workdir, 2)));
      killed.kill("SIGKILL");
      await killed.end();

      const stopped = start("--n_steps=100000");
      await stopped.until((said) =>
        /going on from step \d+ of/.test(said) && /a step is/.test(said)
      );
      stopped.kill("SIGINT");
      const { code, said } = await stopped.end();
      equal(code, 130, said);
      match(said, /^autoencoder, 0\.\d+ M parameters, latents \[2, 8, 8\], on coloured shapes$/m);
      match(said, /^stopping; saving first/m);
      match(said, /^to go on: .*train .*--nnet\.name=autoencoder/m);

      const n_steps = `--n_steps=${loggedSteps(workdir).at(-1)! + 2}`;
      const resumed = await start(n_steps).end();
      equal(resumed.code, 0, resumed.said);
      match(resumed.said, /^to encode its images: .*features --autoencoder=/m);
      const whole = `${workdir}_whole`;
      const { code: at_once, err } = await runScript(
        "train.ts",
        ...[...TINY_AUTOENCODER, `--workdir=${whole}`, n_steps],
      );
      equal(at_once, 0, err);
      deepEqual(await leftIn(workdir), await leftIn(whole));

      const [first] = logWithoutTimes(whole) as Record<string, number>[];
      for (const name of ["loss", "reconstruction", "kl", "latent_std", "loss_average"]) {
        ok(first[name] > 0, name);
      }
      // One above the other: four images and what they become.
      const grid = join(whole, "samples", "2.png");
      const { width, height } = await decodeImage(await Deno.readFile(grid), grid);
      deepEqual([width, height], [4 * 64 + 5 * 2, 2 * 64 + 3 * 2]);

      await refusals(whole);
    });
  },
);

/** What commands for diffusion models say of an autoencoder's run, and what describes it. */
async function refusals(workdir: string): Promise<void> {
  const scripts = [["sample.ts", `--checkpoint=${workdir}`], ["fid.ts", "shapes:train", workdir]];
  for (const [script, ...args] of scripts) {
    const { code, err } = await runScript(script, ...args);
    equal(code, 1, err);
    match(err, /is an autoencoder and draws nothing by itself; /, script);
    equal(err.trim().split("\n").length, 1, err);
  }
  const inspected = await runScript("inspect.ts", workdir);
  equal(inspected.code, 0, inspected.err);
  match(inspected.out, /^ {2}--nnet\.ch=32$/m);
  match(inspected.out, /^ {2}scale_factor: \d+\.\d+$/m);
  match(inspected.out, /autoencoder: [\d,]+ parameters with the reference's names/);
  const other = await runScript("train.ts", `--workdir=${workdir}`, "--n_steps=5");
  equal(other.code, 2, other.err);
  match(
    other.err,
    /nnet\.name: the checkpoint was trained with "autoencoder", this run asks for "uvit"/,
  );
}

Deno.test("a dry run of an autoencoder says what it takes", async () => {
  const { code, out, err } = await runScript("train.ts", ...TINY_AUTOENCODER, "--dry-run");
  equal(code, 0, err);
  match(out, /^ *parameters +[\d,]+$/m);
  match(out, /^ +reconstructions +.* for encoder and decoder, while drawn$/m);
  doesNotMatch(out, /sample grid/);
  match(out, /^ *time +about /m);
});
