import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import {
  autoencoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../nets/autoencoder_parameters.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { openAutoencoder } from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { encodeSafetensors } from "../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../train/formats/stored_tensor.ts";
import { openTensorFile } from "../../train/checkpoints/tensor_file.ts";
import { runScript } from "./run_script.ts";

const tiny = new URL("../golden/autoencoder_kl_tiny.safetensors", import.meta.url).pathname;
const uvit = new URL("../golden/uvit_tiny_scalelong0.safetensors", import.meta.url).pathname;

async function arraysOf(path: string) {
  using file = await openTensorFile(path);
  const arrays = [...file.tensors.keys()].map((name) => [name, file.read(name)] as const);
  return { arrays: Object.fromEntries(arrays), metadata: file.metadata };
}

Deno.test("convert takes an autoencoder to diffusers' names and back, bit for bit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = (name: string) => join(folder, name);
    const convert = (...args: string[]) => runScript("convert.ts", ...args);
    const first = await convert(tiny, at("a.safetensors"), "--keys=reference");
    equal(first.code, 0, first.err);
    match(first.out, /^Left .*: the 126 arrays of an autoencoder with the reference's names/m);
    const { arrays: reference, metadata } = await arraysOf(at("a.safetensors"));
    equal(metadata.scale_factor, "0.18215");
    const golden = await arraysOf(tiny);
    for (const [name, array] of Object.entries(reference)) {
      deepEqual(array, golden.arrays[`param.${name}`]);
    }

    const there = await convert(at("a.safetensors"), at("b.safetensors"), "--keys=diffusers");
    equal(there.code, 0, there.err);
    const { arrays: theirs } = await arraysOf(at("b.safetensors"));
    deepEqual(theirs["encoder.mid_block.attentions.0.to_q.weight"].shape, [32, 32]);
    deepEqual(
      theirs["decoder.up_blocks.0.upsamplers.0.conv.weight"],
      reference["decoder.up.1.upsample.conv.weight"],
    );
    const inspected = await runScript("inspect.ts", at("b.safetensors"));
    match(
      inspected.out,
      /^ {2}autoencoder: 392,455 parameters with diffusers' names; ch 32, ch_mult 2,1, num_res/m,
    );

    const back = await convert(at("b.safetensors"), at("c.pth"), "--keys=reference");
    equal(back.code, 0, back.err);
    deepEqual((await arraysOf(at("c.pth"))).arrays, reference);

    const other = await convert(uvit, at("d.safetensors"), "--keys=reference");
    equal(other.code, 1);
    match(
      other.err,
      /^[^\n]+: has no autoencoder of Stable Diffusion's kind \(AutoencoderKL\).*\n$/,
    );
    const flags = await convert(tiny, at("d.ckpt"), "--keys=reference");
    equal(flags.code, 2);
    match(flags.err, /^--keys: an autoencoder goes to a file \([^\n]+\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("convert writes the config.json that diffusers takes, and the scale factor comes back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ours = join(folder, "ours.safetensors");
    const config = { ...STABLE_DIFFUSION_AUTOENCODER, ch: 32, ch_mult: [1, 2], num_res_blocks: 1 };
    const describe = (make: MakeParameter<void>) => autoencoderParameters(config, make);
    const shapes = parameterShapes(describe);
    const tensors = Object.entries(initialize(describe, 1)).map(
      ([name, data]): [string, StoredTensor] => [
        name,
        { dtype: "F32", shape: [...shapes[name]], data },
      ],
    );
    const bytes = encodeSafetensors(Object.fromEntries(tensors), { scale_factor: "0.2301" });
    await Deno.writeFile(ours, bytes);
    const vae = join(folder, "vae/diffusion_pytorch_model.safetensors");
    const { code, err } = await runScript("convert.ts", ours, vae, "--keys=diffusers");
    equal(code, 0, err);
    deepEqual(JSON.parse(await Deno.readTextFile(join(folder, "vae/config.json"))), {
      _class_name: "AutoencoderKL",
      act_fn: "silu",
      block_out_channels: [32, 64],
      down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
      in_channels: 3,
      latent_channels: 4,
      layers_per_block: 1,
      norm_num_groups: 32,
      out_channels: 3,
      scaling_factor: 0.2301,
      up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    });
    using read = await openAutoencoder(join(folder, "vae"));
    deepEqual(read.config, { ...config, scale_factor: 0.2301 });
    const again = await runScript(
      "convert.ts",
      ours,
      join(folder, "vae/b.pth"),
      "--keys=diffusers",
    );
    equal(again.code, 2);
    match(again.err, /^[^\n]+vae\/config\.json: exists; [^\n]+\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
