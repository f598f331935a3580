import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import { encodePth } from "../../train/formats/pth.ts";
import { readGolden } from "../golden.ts";
import { runScript } from "./run_script.ts";

const golden = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;
const { metadata } = await readGolden("training_scalelong3");
const NETWORK = Object.entries(JSON.parse(metadata.config))
  .map(([key, value]) => `--nnet.${key}=${value}`);

Deno.test("sample draws from PyTorch's files and folders, given their network", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const draw = async (out: string, checkpoint: string, ...args: string[]) => {
      const flags = [
        `--checkpoint=${checkpoint}`,
        `--out=${join(folder, out)}`,
        "--n=1",
        "--steps=2",
      ];
      const { code, err } = await runScript("sample.ts", ...flags, ...args);
      equal(code, 0, err);
      const record = JSON.parse(await Deno.readTextFile(join(folder, out, "sample.json")));
      const bytes = await Deno.readFile(join(folder, out, "000000.png"));
      return { err, step: record.training_step, schedule: record.schedule, bytes };
    };
    const ckpt = await draw("a", golden("12.ckpt"), ...NETWORK, "--weights=nnet");
    match(ckpt.err, /^\S*nnet\.pth \(step 12\), dpm_solver: 1 image$/m);
    const legacy = await draw("b", golden("nnet_legacy.pth"), ...NETWORK);
    match(legacy.err, /^\S*nnet_legacy\.pth, dpm_solver: 1 image$/m);
    deepEqual([ckpt.step, legacy.step], [12, null]);
    deepEqual(ckpt.bytes, legacy.bytes);

    const process = ["--process.timestep=1000", "--process.target=velocity"];
    const other = await draw("c", golden("nnet_legacy.pth"), ...NETWORK, ...process);
    equal(other.schedule, "vp_linear(0.1, 20), timestep 1000 t, predicts velocity");
    notDeepEqual(other.bytes, legacy.bytes);
    const mixed = [`--checkpoint=${golden("nnet_legacy.pth")}`, `--out=${join(folder, "b")}`];
    const refused = await runScript("sample.ts", "--steps=2", ...mixed, ...NETWORK, ...process);
    equal(refused.code, 2, refused.err);
    match(refused.err, /schedule: "vp_linear\(0\.1, 20\)" there, "vp_linear.* velocity" now/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sample names the settings that it needs and those that do not fit", async () => {
  const fails = async (code: number, says: RegExp, ...args: string[]) => {
    const { code: ended, err } = await runScript("sample.ts", ...args);
    equal(ended, code, err);
    match(err, says);
    return err.trimEnd().split("\n").length;
  };
  const half = `--checkpoint=${golden("nnet_half.pth")}`;
  const unknown =
    /nnet_half\.pth: does not say what its network is; give --preset or --config, .*--nnet\.embed_dim=32/;
  equal(await fails(2, unknown, half), 1);
  await fails(
    1,
    /^ {2}the file fits .*--nnet\.scalelong=3/m,
    half,
    ...NETWORK,
    "--nnet.scalelong=2",
  );
  await fails(
    1,
    /^ {2}the gate of LS belongs to L = 17 tokens/m,
    half,
    ...NETWORK,
    "--img_size=16",
  );
  const optimizer = `--checkpoint=${golden("12.ckpt/optimizer.pth")}`;
  await fails(1, /optimizer\.pth: does not hold this network's weights:$/m, optimizer, ...NETWORK);
  const file = await Deno.makeTempFile({ suffix: ".pth" });
  await Deno.writeFile(file, encodePth(7));
  equal(await fails(2, /does not say what its network is/, `--checkpoint=${file}`), 1);
  await Deno.remove(file);
});
