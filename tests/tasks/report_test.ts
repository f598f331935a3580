import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { eventFiles } from "../../train/tensorboard/event_files.ts";
import { type Shown, shownOf } from "../train/tensorboard/decode_events.ts";
import { type Outcome, runScript } from "./run_script.ts";

/** Trains a network so small that a run takes a second, with probes. */
async function train(workdir: string, ...args: string[]): Promise<Outcome> {
  const outcome = await runScript(
    "train.ts",
    ...["--img_size=8", "--patch_size=4", "--image_size=8", "--dataset.n=64", "--embed_dim=32"],
    ...["--depth=2", "--num_heads=2", "--batch_size=8", "--n_samples=4", "--sample_steps=3"],
    ...["--lr_scheduler.name=customized", "--warmup_steps=4", "--probe=every:2"],
    ...["--log_interval=1", "--eval_interval=3", "--save_interval=4", `--workdir=${workdir}`],
    ...args,
  );
  equal(outcome.code, 0, outcome.err);
  return outcome;
}

/** What TensorBoard shows of a folder, without times, in an order of its own. */
async function shownIn(folder: string): Promise<[string, number, Shown["value"]][]> {
  const files = await Promise.all((await eventFiles(folder)).map((file) => Deno.readFile(file)));
  const shown = shownOf(files).map(({ tag, step, value }): [string, number, Shown["value"]] => [
    tag,
    step,
    value,
  ]);
  return shown.filter(([tag]) => !tag.startsWith("_hparams_"))
    .toSorted(([a, s], [b, t]) => a < b ? -1 : a > b ? 1 : s - t);
}

const folder = await Deno.makeTempDir();
const ls = join(folder, "ls");

Deno.test("a run that went on is one in TensorBoard's events", async (t) => {
  await t.step("the events of a resumed run have each step once", async () => {
    await train(ls, "--scalelong=3", "--n_steps=6", "--tensorboard");
    // As if the run had been killed before it saved: it goes on from step 4.
    await Deno.remove(join(ls, "checkpoints", "6"), { recursive: true });
    const { err } = await train(ls, "--scalelong=3", "--n_steps=8", "--tensorboard");
    match(err, /going on from step 4 of /);
    equal((await eventFiles(ls)).length, 2);

    const shown = await shownIn(ls);
    const steps = (tag: string) => shown.filter((one) => one[0] === tag).map(([, step]) => step);
    deepEqual(steps("train/loss"), [1, 2, 3, 4, 5, 6, 7, 8]);
    deepEqual(steps("gate_mean/1"), [2, 4, 6, 8]);
    deepEqual(steps("samples"), [3, 6, 8]);
  });
  await t.step("convert makes the same events of the log, and replaces none unasked", async () => {
    const other = join(folder, "events");
    const { code, out, err } = await runScript("convert.ts", join(ls, "log.jsonl"), other);
    equal(code, 0, err);
    match(out, /^Left .*events\.out\.tfevents\.\d{10}\..*: \d+(\.\d)? kB\n$/);
    deepEqual(await shownIn(other), await shownIn(ls));

    const again = await runScript("convert.ts", join(ls, "log.jsonl"));
    equal(again.code, 2);
    match(again.err, /^.*tfevents.*: exists; name another folder, or --force to replace all .*\n$/);
    equal((await runScript("convert.ts", join(ls, "log.jsonl"), "--force")).code, 0);
    equal((await eventFiles(ls)).length, 1);
    deepEqual(await shownIn(ls), await shownIn(other));
  });
  await t.step("convert says in a line what is no log", async () => {
    for (const file of [join(ls, "probes.jsonl"), join(folder, "log.jsonl")]) {
      const { code, err } = await runScript("convert.ts", file);
      equal(code, 2);
      match(err, /^\S+\.jsonl: (of a run, name its log\.jsonl; .*|there is no such file)\n$/);
    }
  });
  await Deno.remove(folder, { recursive: true });
});
