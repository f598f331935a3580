import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { parameterShapes } from "../../nets/parameters.ts";
import { type UVitConfig, uvitParameters } from "../../nets/uvit.ts";
import { openTokens, uvitFromShapes } from "../../nets/uvit_from_shapes.ts";
import { presets } from "../../train/config/presets.ts";

const { name: _, ...base } = presets.quickstart.nnet as { name: "uvit" } & UVitConfig;
const variants: Partial<UVitConfig>[] = [
  {},
  { scalelong: 3, img_size: 32, patch_size: 2, in_chans: 1, num_classes: -1 },
  { scalelong: 4, depth: 6, qkv_bias: true, conv: true, mlp_ratio: 2.5 },
  { mlp_time_embed: true, skip: false, embed_dim: 64 },
  { clip_dim: 24, num_clip_token: 77, num_classes: -1, scalelong: 3 },
  { clip_dim: 24, num_clip_token: 9, num_classes: -1, text_depth: 3 },
];

Deno.test("uvitFromShapes() finds every option that shapes depend on", () => {
  for (const variant of variants) {
    const config: UVitConfig = { ...base, ...variant };
    const shapes = parameterShapes((make) => uvitParameters(config, make));
    const { num_heads: _h, qk_scale: _s, kappa: _k, use_checkpoint: _c, ...rest } = config;
    const { num_clip_token, text_heads: _t, scalelong, ...known } = rest;
    deepEqual(uvitFromShapes(shapes), {
      ...known,
      ...(known.clip_dim === null ? {} : { num_clip_token }),
      ...(scalelong > 2 ? { scalelong } : {}),
    });
    equal(openTokens(shapes), null);
  }
});

Deno.test("uvitFromShapes() leaves the length of a text open where it is not CLIP's", () => {
  const config = { ...base, num_classes: -1, clip_dim: 24, num_clip_token: 21 };
  const shapes = parameterShapes((make) => uvitParameters(config, make));
  const { clip_dim, num_clip_token, img_size } = uvitFromShapes(shapes);
  deepEqual([clip_dim, num_clip_token, img_size], [24, undefined, undefined]);
  equal(openTokens(shapes), "1 + num_clip_token + (img_size / 3)^2 = 38");
});

Deno.test("uvitFromShapes() is empty for another network", () => {
  deepEqual(uvitFromShapes({}), {});
  deepEqual(uvitFromShapes({ "conv_in.weight": [8, 3, 3, 3], "norm.weight": [3] }), {});
});
