import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { eventFiles } from "../../train/tensorboard/event_files.ts";
import { type Shown, shownOf } from "../train/tensorboard/decode_events.ts";
import { CHROMIUM } from "../browser/browser.ts";
import { opened } from "../browser/opened.ts";
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

Deno.test("a run that went on is one in TensorBoard's events and in the report", async (t) => {
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
  await t.step("report shows a run on one page that needs nothing else", async () => {
    const { code, out, err } = await runScript("report.ts", ls);
    equal(code, 0, err);
    match(out, /^Left .*ls.report\.html: [\d.]+ kB, for any browser\n$/);
    const page = await Deno.readTextFile(join(ls, "report.html"));
    match(page, /<td>LS<\/td><td>8<\/td><td>8 of 8<\/td>/);
    const titles = [...page.matchAll(/<figure><h2>([^<]+)/g)].map(([, title]) => title);
    deepEqual(titles, [
      ...["Loss", "Gradient norm", "Learning rate", "Throughput", "Update ratio"],
      ...["Skips", "Scaled skips", "LS gates"],
    ]);
    const images = [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    deepEqual(
      images.map(([, data]) => Uint8Array.fromBase64(data)),
      [3, 6, 8].map((step) => Deno.readFileSync(join(ls, "samples", `${step}.png`))),
    );
    match(page, /<svg[^>]+aria-label="mean squared error against steps"/);
    match(page, /<title>ls: 0\.\d+ at step 5<\/title>/);
    match(page, /<td>nnet\.scalelong<\/td><td>3<\/td>/);
    equal(/ (src|href)="(?!data:)|<script|@import|url\(/.test(page), false);
  });
  await t.step("report shows several on the same axes, whatever each of them lacks", async () => {
    const lines = (await Deno.readTextFile(join(ls, "log.jsonl"))).split("\n");
    const config = JSON.parse(await Deno.readTextFile(join(ls, "config.json")));
    config.nnet.scalelong = 0;
    // One in training, without probes and images; one that has just begun; one without settings.
    for (const name of ["aborted", "begun", "bare"]) await Deno.mkdir(join(folder, name));
    await Deno.writeTextFile(join(folder, "aborted", "config.json"), JSON.stringify(config));
    const half = `${lines.slice(0, 3).join("\n")}\n${lines[3].slice(0, 20)}`;
    await Deno.writeTextFile(join(folder, "aborted", "log.jsonl"), half);
    await Deno.writeTextFile(join(folder, "begun", "config.json"), '{"nnet": {"na');
    await Deno.writeTextFile(join(folder, "begun", "log.jsonl"), "");
    await Deno.writeTextFile(
      join(folder, "bare", "log.jsonl"),
      '{"step":2,"loss":null,"fid":7.5}\n',
    );
    const runs = ["ls", "aborted", "begun", "bare"].map((name) => join(folder, name));
    const { code, out, err } = await runScript("report.ts", ...runs);
    equal(code, 0, err);
    match(out, new RegExp(`^Left ${join(folder, "report.html")}: `));
    const page = await Deno.readTextFile(join(folder, "report.html"));
    match(page, /aborted<\/td><td>U-ViT<\/td><td>original<\/td><td>8<\/td><td>3 of 8<\/td>/);
    match(page, /begun<\/td><td>-<\/td><td>-<\/td><td>-<\/td><td>0 of \?<\/td>/);
    match(page, /<td><b>nnet\.scalelong<\/b><\/td><td>3<\/td><td><mark>0<\/mark><\/td>/);
    match(page, /No whole config\.json, so no settings, of begun, bare\./);
    match(page, /<title>ls: 0\.\d+ at step 2\naborted: 0\.\d+ at step 2<\/title>/);
    match(page, /<title>bare: 7\.5 at step 2<\/title>/);

    const alone = await runScript("report.ts", join(folder, "begun"), `--out=${folder}/new/b.html`);
    equal(alone.code, 0, alone.err);
    match(await Deno.readTextFile(join(folder, "new", "b.html")), /Nothing is logged yet\./);
  });
  await t.step("report says in a line each what is no run", async () => {
    const events = join(folder, "events");
    const { code, err } = await runScript(
      "report.ts",
      events,
      ls,
      join(ls, "log.jsonl"),
      "nowhere",
    );
    equal(code, 2);
    const lines = err.trimEnd().split("\n");
    equal(lines.length, 3, err);
    match(lines[0], /events: is no run, as it has no log\.jsonl; name a folder that train wrote$/);
    match(lines[1], /log\.jsonl: is a file; name the folder of a run$/);
    equal(lines[2], "nowhere: there is no such folder");
    match((await runScript("report.ts")).err, /^name the folder of a run, or of several: .*\n$/);
    const refused = await runScript("report.ts", ls, `--out=${ls}/log.jsonl/page.html`);
    equal(refused.code, 1);
    match(refused.err, /^\S+: cannot be used \(.*\); choose another --out\n$/);
  });
  await t.step(
    CHROMIUM ? "a browser draws every chart" : "not drawn in a browser: no Chromium here",
    async () => {
      if (!CHROMIUM) return;
      const { dom, complaints } = await opened(join(folder, "report.html"));
      const svgs = dom.split("<svg").slice(1);
      equal(svgs.length, 9);
      for (const svg of svgs) match(svg, /<(path|circle)[^>]+(d="M|cx="\d)/);
      equal(/NaN/.test(dom), false);
      equal(complaints, "");
    },
  );
  await Deno.remove(folder, { recursive: true });
});
