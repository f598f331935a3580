import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import {
  autoencoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../../../nets/autoencoder_parameters.ts";
import { parameterShapes } from "../../../../nets/parameters.ts";
import {
  fromDiffusers,
  toDiffusers,
} from "../../../../train/checkpoints/autoencoder/autoencoder_keys.ts";

const LEVELS = 4;

Deno.test("toDiffusers() gives the names that diffusers' conversion gives", () => {
  const expected = {
    "encoder.conv_in.weight": "encoder.conv_in.weight",
    "encoder.down.2.block.1.norm1.bias": "encoder.down_blocks.2.resnets.1.norm1.bias",
    "encoder.down.1.block.0.nin_shortcut.weight":
      "encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
    "encoder.down.0.downsample.conv.bias": "encoder.down_blocks.0.downsamplers.0.conv.bias",
    "encoder.mid.block_1.conv1.weight": "encoder.mid_block.resnets.0.conv1.weight",
    "decoder.mid.block_2.conv2.bias": "decoder.mid_block.resnets.1.conv2.bias",
    "decoder.mid.attn_1.norm.weight": "decoder.mid_block.attentions.0.group_norm.weight",
    "decoder.mid.attn_1.q.weight": "decoder.mid_block.attentions.0.to_q.weight",
    "decoder.mid.attn_1.k.bias": "decoder.mid_block.attentions.0.to_k.bias",
    "encoder.mid.attn_1.v.bias": "encoder.mid_block.attentions.0.to_v.bias",
    "encoder.mid.attn_1.proj_out.weight": "encoder.mid_block.attentions.0.to_out.0.weight",
    "decoder.up.3.block.2.conv2.weight": "decoder.up_blocks.0.resnets.2.conv2.weight",
    "decoder.up.0.block.0.nin_shortcut.bias": "decoder.up_blocks.3.resnets.0.conv_shortcut.bias",
    "decoder.up.1.upsample.conv.weight": "decoder.up_blocks.2.upsamplers.0.conv.weight",
    "decoder.norm_out.weight": "decoder.conv_norm_out.weight",
    "decoder.conv_out.bias": "decoder.conv_out.bias",
    "post_quant_conv.weight": "post_quant_conv.weight",
  };
  const ours = Object.keys(expected).map((name) => [name, toDiffusers(name, LEVELS)]);
  deepEqual(Object.fromEntries(ours), expected);
});

Deno.test("every name comes back from diffusers', and from those of its first releases", () => {
  const names = Object.keys(
    parameterShapes((make) => autoencoderParameters(STABLE_DIFFUSION_AUTOENCODER, make)),
  );
  equal(names.length, 248);
  const theirs = names.map((name) => toDiffusers(name, LEVELS));
  equal(new Set(theirs).size, 248);
  deepEqual(theirs.filter((name) => /\.(mid|up|down|norm_out|nin_shortcut)\./.test(name)), []);
  deepEqual(theirs.map((name) => fromDiffusers(name, LEVELS)), names);
  const older = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" };
  const inFirst = theirs.map((name) =>
    Object.entries(older).reduce((key, [now, then]) => key.replace(`.${now}.`, `.${then}.`), name)
  );
  equal(inFirst.filter((name, i) => name !== theirs[i]).length, 16);
  deepEqual(inFirst.map((name) => fromDiffusers(name, LEVELS)), names);
});
