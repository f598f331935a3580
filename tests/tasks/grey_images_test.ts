import { match, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "../../train/formats/image.ts";
import { runScript } from "./run_script.ts";

/** A network and a data set so small that a run takes a second. */
const TINY = [
  "--img_size=8",
  "--image_size=8",
  "--dataset.n=32",
  "--batch_size=8",
  "--n_steps=2",
  "--sample_steps=2",
];
const NETWORKS = {
  uvit: ["--patch_size=4", "--conv", "--embed_dim=32", "--depth=2", "--num_heads=2"],
  unet: ["--nnet.name=unet", "--ch_mult=1,1", "--attn_resolutions=4"],
};

async function run(script: string, ...args: string[]): Promise<{ out: string; err: string }> {
  const { code, out, err } = await runScript(script, ...args);
  equal(code, 0, err);
  return { out, err };
}

/** The type of a PNG's pixels: 0 grey, 2 RGB. */
const colourType = async (file: string) => (await Deno.readFile(file))[25];

async function withFolder(use: (at: (name: string) => string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a U-ViT of one channel trains on grey images, and draws and is judged in grey", async () => {
  await withFolder(async (at) => {
    const train = [...TINY, ...NETWORKS.uvit, "--nnet.in_chans=1", `--workdir=${at("run")}`];
    match((await run("train.ts", ...train, "--format=pytorch")).err, /on shapes in grey/);
    equal(await colourType(at("run/samples/2.png")), 0);

    const few = ["--n=3", "--steps=2", "--sampler=ddim", "--limit=none"];
    await run("sample.ts", `--checkpoint=${at("run")}`, ...few, `--out=${at("a")}`);
    for (const file of ["000000.png", "000002.png", "grid.png"]) {
      equal(await colourType(join(at("a"), file)), 0);
    }
    const file = join(at("a"), "000000.png");
    const { rgb } = await decodeImage(await Deno.readFile(file), file);
    ok(new Set(rgb).size > 1, "an image of nothing");

    // What PyTorch's checkpoint draws for a metric is, as RGB, what the files hold.
    await run("convert.ts", at("run/ckpts/2.ckpt"), at("2"), `--config=${at("run/config.json")}`);
    const { out } = await run("fid.ts", at("a"), at("2"), "--metrics=swd", "--json", ...few);
    const report = JSON.parse(out);
    ok(report.sliced_wasserstein < 1e-3, `${report.sliced_wasserstein}`);
  });
});

Deno.test("a UNet of one channel trains on grey images, and draws in grey", async () => {
  await withFolder(async (at) => {
    const train = [...TINY, ...NETWORKS.unet, "--nnet.in_chans=1", `--workdir=${at("run")}`];
    match((await run("train.ts", ...train)).err, /UNet, .* on shapes in grey/);
    equal(await colourType(at("run/samples/2.png")), 0);
  });
});
