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
  conv: true,
  skip: false,
  use_checkpoint: false,
  scalelong: 0,
  kappa: 0.7,
};

Deno.test("a U-ViT block takes at most 30 dispatches on this adapter, forward and backward", async () => {
  using device = await openDevice();
  const dispatches = (depth: number): number => {
    const leaves: Tensor[] = [];
    const params = uvitParameters({ ...config, depth }, (name, shape) => {
      leaves.push(input(name, shape));
      return leaves[leaves.length - 1];
    });
    const x = input("x", [40, 3, 8, 8]);
    const y = uvit(params, { x, timesteps: input("t", [40]) }, { ...config, depth });
    const outputs = Object.fromEntries(grad(mean(square(y)), leaves).entries());
    return layOut(device.capabilities, { outputs }).dispatches.length;
  };
  assert.ok((dispatches(4) - dispatches(2)) / 2 <= 30);
});
