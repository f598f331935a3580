import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
} from "node:assert/strict";
import { TOKEN_BYTES } from "../../nets/byte_tokens.ts";
import { byteTexts } from "../../eval/text/byte_texts.ts";
import { sampleCheckpoint } from "../../eval/sample_checkpoint.ts";
import type { Checkpoint } from "../../train/checkpoints/checkpoint.ts";
import { captionedShapes } from "../../train/data/captioned_shapes.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

const TOKENS = 6;
const config = tinyConfig({
  train: { n_steps: 4, save_interval: 2, eval_interval: 100, p_uncond: 0.3 },
  nnet: {
    ...{ img_size: 12, patch_size: 6, num_classes: -1 },
    ...{ clip_dim: 8, num_clip_token: TOKENS, text_depth: 1, text_heads: 2 },
  },
  dataset: { ...tinyConfig().dataset, name: "captioned_shapes", image_size: 12 },
});

const device = await openDevice();
Deno.test.afterAll(() => device[Symbol.dispose]());

/** The checkpoints of a run that starts from one, or from first weights. */
async function run(checkpoint: Checkpoint | null): Promise<Checkpoint[]> {
  const data = captionedShapes({ image_size: 12, n: 64, seed: config.seed });
  const saved: Checkpoint[] = [];
  await trainLoop(device, config, data, {
    checkpoint,
    hooks: { onCheckpoint: (c) => void saved.push(c) },
  });
  return saved;
}

Deno.test("a network that reads texts trains its text encoder, goes on bit for bit, and draws", async () => {
  const [half, whole] = await run(null);
  const [resumed] = await run(half);
  deepEqual(resumed.nnet, whole.nnet);
  deepEqual(resumed.exp_avg_sq, whole.exp_avg_sq);
  for (const name of Object.keys(whole.nnet).filter((name) => name.startsWith("text_model."))) {
    notDeepEqual(whole.nnet[name].data, half.nnet[name].data, name);
  }
  const images = async (
    prompts: string[],
    options: { batch_size?: number; scale?: number } = {},
  ) => {
    const texts = byteTexts(prompts, { tokens: TOKENS });
    const drawn = { n: 3, steps: 2, batch_size: 2, scale: 3, texts, ...options };
    // The weights as they are: their average is nearly what they were at first.
    const { images } = await sampleCheckpoint(device, { config, nnet_ema: whole.nnet }, drawn);
    return images;
  };
  const first = await images(["a red circle", "a blue cross"]);
  deepEqual(await images(["A  RED circle", "a blue cross", "a red circle"]), first);
  const other = await images(["a green square", "a blue cross"]);
  const size = 3 * 12 * 12;
  notDeepEqual(other.subarray(0, size), first.subarray(0, size));
  deepEqual(other.subarray(size, 2 * size), first.subarray(size, 2 * size));
  notDeepEqual(await images(["a red circle", "a blue cross"], { scale: 0 }), first);
});

Deno.test("byteTexts() says what it cuts, and takes a text that guidance leads away from", () => {
  const notes: string[] = [];
  const { context, empty } = byteTexts(["a red circle and one more", "a cross"], {
    tokens: TOKENS,
    negative: "b",
    onNote: (note) => notes.push(note),
  });
  const ids = TOKENS * TOKEN_BYTES;
  deepEqual([context.length, empty.length, empty[TOKEN_BYTES]], [2 * ids, ids, "b".charCodeAt(0)]);
  deepEqual(notes, [
    '"a red circle and one more" has 6 tokens, and the network reads 4: 2 tokens are cut off its end',
  ]);
});
