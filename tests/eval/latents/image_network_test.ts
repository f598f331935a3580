import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { batchOf, type ImageNetwork } from "../../../eval/latents/image_network.ts";
import { encoderLevels } from "../../../nets/autoencoder.ts";
import { STABLE_DIFFUSION_AUTOENCODER } from "../../../nets/autoencoder_parameters.ts";
import { openDevice } from "../../device.ts";

Deno.test("small images run several at once on a processor, large ones one by one", async () => {
  using device = await openDevice();
  const batches = (adapterClass: "software" | "discrete", ch: number, batch?: number) => {
    const capabilities = { ...device.capabilities, adapterClass, maxBindingBytes: 2 ** 27 };
    const levels: ImageNetwork["levels"] = (size) =>
      encoderLevels({ ...STABLE_DIFFUSION_AUTOENCODER, ch }, size);
    const network = { levels } as ImageNetwork;
    return [24, 64, 256].map((side) =>
      batchOf(capabilities, network, { height: side, width: side }, { batch })
    );
  };
  deepEqual(batches("software", 32), [8, 8, 1]);
  deepEqual(batches("software", 128), [8, 2, 1]);
  deepEqual(batches("discrete", 128), [8, 8, 4]);
  deepEqual(batches("software", 32, 16), [16, 16, 16]);
});
