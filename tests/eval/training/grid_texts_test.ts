import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { gridTexts } from "../../../eval/training/sample_grids.ts";
import { tinyConfig } from "../../tiny_config.ts";

const captions = {
  kind: "contexts",
  shape: [1, 2],
  counts: [1, 1, 1],
  read: (images: ArrayLike<number>) =>
    Promise.resolve(Float32Array.from(images).map((image) => 10 * image)),
  empty: () => Promise.resolve(Float32Array.of(-1, -1)),
} as const;

Deno.test("grids are drawn of the texts that the data name, else of the first images' captions", async () => {
  const config = tinyConfig({
    nnet: { num_classes: -1, clip_dim: 2, num_clip_token: 1 },
    sample: { n_samples: 2 },
  });
  const empty = Float32Array.of(-1, -1);
  const prompts = (n: number) =>
    Promise.resolve({ texts: ["a", "b"], context: new Float32Array(2 * n).fill(5) });
  const named = await gridTexts({ captions: { ...captions, prompts }, length: 3 }, config);
  deepEqual(named, { context: new Float32Array(4).fill(5), empty });
  const none = () => Promise.resolve(null);
  for (const unnamed of [captions, { ...captions, prompts: none }]) {
    const texts = await gridTexts({ captions: unnamed, length: 3 }, config);
    deepEqual(texts, { context: Float32Array.of(0, 10), empty });
  }
});
