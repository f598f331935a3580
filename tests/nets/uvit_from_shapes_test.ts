import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { parameterShapes } from "../../nets/parameters.ts";
import { type UVitConfig, uvitParameters } from "../../nets/uvit.ts";
import { uvitFromShapes } from "../../nets/uvit_from_shapes.ts";
import { presets } from "../../train/config/presets.ts";

const { name: _, ...base } = presets.quickstart.nnet as { name: "uvit" } & UVitConfig;
const variants: Partial<UVitConfig>[] = [
  {},
  { scalelong: 3, img_size: 32, patch_size: 2, in_chans: 1, num_classes: -1 },
  { scalelong: 4, depth: 6, qkv_bias: true, conv: true, mlp_ratio: 2.5 },
  { mlp_time_embed: true, skip: false, embed_dim: 64 },
];

Deno.test("uvitFromShapes() finds every option that shapes depend on", () => {
  for (const variant of variants) {
    const config: UVitConfig = { ...base, ...variant };
    const shapes = parameterShapes((make) => uvitParameters(config, make));
    const { num_heads: _h, qk_scale: _s, kappa: _k, use_checkpoint: _c, scalelong, ...rest } =
      config;
    deepEqual(uvitFromShapes(shapes), { ...rest, ...(scalelong > 2 ? { scalelong } : {}) });
  }
});

Deno.test("uvitFromShapes() is empty for another network", () => {
  deepEqual(uvitFromShapes({}), {});
  deepEqual(uvitFromShapes({ "conv_in.weight": [8, 3, 3, 3], "norm.weight": [3] }), {});
});
