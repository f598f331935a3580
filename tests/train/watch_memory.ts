/** Prints resident bytes, buffer bytes and buffers every 10 of 400 steps; see train_loop_test.ts. */
import { shapes } from "../../train/data/shapes.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

using device = await openDevice();
const config = tinyConfig({ train: { n_steps: 400, log_interval: 10, save_interval: 1000 } });
const data = shapes({ image_size: 8, n: config.dataset.n, seed: config.seed });
await trainLoop(device, config, data, {
  hooks: {
    onLog: () => console.log(Deno.memoryUsage().rss, device.bufferBytes, device.bufferCount),
  },
});
