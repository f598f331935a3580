import assert from "node:assert/strict";
import { grad, input, layOut, mean, square, type Tensor } from "../../engine/mod.ts";
import { uvit, type UVitConfig, uvitParameters } from "../../nets/uvit.ts";
import { openDevice } from "../device.ts";

const config: UVitConfig = {
  img_size: 8,
  patch_size: 2,
  in_chans: 3,
  embed_dim: 64,
  depth: 2,
  num_heads: 2,
  mlp_ratio: 4,
  qkv_bias: true,
  qk_scale: null,
  mlp_time_embed: false,
  num_classes: -1,
  clip_dim: null,
  num_clip_token: 77,
  text_depth: 0,
  text_heads: 4,
  conv: true,
  skip: false,
  use_checkpoint: false,
  scalelong: 0,
  kappa: 0.7,
};

Deno.test("a U-ViT block takes at most 30 dispatches on this adapter, forward and backward", async () => {
  using device = await openDevice();
  const dispatches = (depth: number, skip: boolean): number => {
    const leaves: Tensor[] = [];
    const params = uvitParameters({ ...config, depth, skip }, (name, shape) => {
      leaves.push(input(name, shape));
      return leaves[leaves.length - 1];
    });
    const x = input("x", [40, 3, 8, 8]);
    const y = uvit(params, { x, timesteps: input("t", [40]) }, { ...config, depth, skip });
    const outputs = Object.fromEntries(grad(mean(square(y)), leaves).entries());
    return layOut(device.capabilities, { outputs }).dispatches.length;
  };
  // Two more of depth are a block that makes a skip and one that takes it.
  const plain = (dispatches(4, false) - dispatches(2, false)) / 2;
  const withSkip = dispatches(4, true) - dispatches(2, true) - plain;
  assert.ok(plain <= 26, `${plain} without a skip`);
  assert.ok(withSkip <= 30, `${withSkip} with a skip`);
});
