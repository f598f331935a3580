import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { type NetworkConfig, networkParameters } from "../../nets/network.ts";
import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { parameterShapes } from "../../nets/parameters.ts";
import type { UNetConfig } from "../../nets/unet.ts";
import { presets } from "../../train/config/presets.ts";

const shapesOf = (config: NetworkConfig) =>
  parameterShapes((make) => networkParameters(config, make));

Deno.test("networkFromShapes() finds every option of a UNet that shapes depend on", () => {
  const variants: Partial<UNetConfig>[] = [
    {},
    { scalelong: 3, ch: 64, ch_mult: [1, 2, 3], num_classes: -1, in_chans: 1 },
    { scalelong: 4, num_res_blocks: 3 },
    { scalelong: 3, ch_mult: [1], num_res_blocks: 1 },
  ];
  for (const variant of variants) {
    const { name, in_chans, ch, ch_mult, num_res_blocks, num_classes, scalelong, ...rest } = {
      ...presets.quickstart_unet.nnet,
      ...variant,
    };
    const known = { name, in_chans, ch, ch_mult, num_res_blocks, num_classes };
    const shapes = shapesOf({ ...known, scalelong, ...rest });
    deepEqual(networkFromShapes(shapes), { ...known, ...(scalelong > 2 ? { scalelong } : {}) });
  }
});

Deno.test("networkFromShapes() distinguishes U-ViT, UNet and unknown networks", () => {
  const names = [presets.cifar10, presets.cifar10_unet]
    .map(({ nnet }) => networkFromShapes(shapesOf(nnet)).name);
  deepEqual(names, ["uvit", "unet"]);
  deepEqual(networkFromShapes({ "conv_in.weight": [8, 3, 3, 3] }), {});
});
