import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { input, type Tensor } from "../../engine/mod.ts";
import { unet, unetParameters } from "../../nets/unet.ts";
import { uvit, uvitParameters } from "../../nets/uvit.ts";
import { presets } from "../../train/config/presets.ts";

const leaf = (name: string, shape: readonly number[]) => input(name, shape);

/** The eps of all norms on the way to a tensor. */
function epsOf({ node }: Tensor): number[] {
  const nodes = new Set([node]);
  for (const { inputs } of nodes) inputs.forEach(({ node }) => nodes.add(node));
  const norms = [...nodes].filter(({ op }) => op.name.endsWith("_norm"));
  return norms.map(({ attrs }) => (attrs as { eps: number }).eps);
}

// Eps moves a network's output by about 6e-6: golden files cannot hold it.
Deno.test("every norm of uvit() has the reference's eps, 1e-5, and of unet() 1e-6", () => {
  const nnet = { ...presets.quickstart.nnet, num_classes: -1 };
  const { img_size, in_chans } = nnet;
  const inputs = { x: leaf("x", [1, in_chans, img_size, img_size]), timesteps: leaf("t", [1]) };
  const blocks = 2 * Math.floor(nnet.depth / 2) + 1;
  deepEqual(
    epsOf(uvit(uvitParameters(nnet, leaf), inputs, nnet)),
    new Array(2 * blocks + 1).fill(1e-5),
  );
  const ddpm = { ...presets.quickstart_unet.nnet, num_classes: -1 };
  const size = [1, ddpm.in_chans, ddpm.img_size, ddpm.img_size];
  const eps = epsOf(unet(unetParameters(ddpm, leaf), { ...inputs, x: leaf("x", size) }, ddpm));
  deepEqual([...new Set(eps)], [1e-6]);
});
