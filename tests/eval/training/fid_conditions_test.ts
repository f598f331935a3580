import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
} from "node:assert/strict";
import { fidConditions } from "../../../eval/training/fid_conditions.ts";
import { byteTokens } from "../../../nets/byte_tokens.ts";
import { sampledLabel } from "../../../eval/sampled_labels.ts";
import type { EncodedCaptions } from "../../../train/data/image_source.ts";
import { tinyConfig } from "../../tiny_config.ts";

const data = { class_counts: [3, 1], length: 1000 };

Deno.test("fidConditions() draws classes as often as the data have them", async () => {
  const { labels } = await fidConditions(data, tinyConfig())(7, 3);
  const choice = { kind: "drawn", counts: data.class_counts, seed: tinyConfig().seed } as const;
  deepEqual([...labels!], [7, 8, 9].map((i) => sampledLabel(choice, i)));
});

Deno.test("fidConditions() draws captions of images at random, the same in any batch", async () => {
  const nnet = { ...tinyConfig().nnet, num_classes: -1, clip_dim: 2, num_clip_token: 1 };
  const read: number[] = [];
  const captions: EncodedCaptions = {
    kind: "contexts",
    shape: [1, 2],
    counts: [],
    read: (images, draws) => {
      read.push(...Array.from(images));
      return Promise.resolve(
        Float32Array.from(Array.from(images).flatMap((image, i) => [image, draws[i]])),
      );
    },
    empty: () => Promise.resolve(new Float32Array(2)),
  };
  const conditions = fidConditions({ ...data, captions }, { nnet, seed: 1 });
  const { context, none } = await conditions(0, 64);
  deepEqual(none, { context: new Float32Array(2) });
  deepEqual((await conditions(10, 3)).context, context!.slice(20, 26));
  // All over the data, and not in its order.
  ok(read.every((image) => image >= 0 && image < data.length));
  ok(Math.min(...read) < 100 && Math.max(...read) > 900);
  notDeepEqual(read.slice(0, 64), read.slice(0, 64).toSorted((a, b) => a - b));
  const other = await fidConditions({ ...data, captions }, { nnet, seed: 2 })(0, 64);
  notDeepEqual(other.context, context);
});

Deno.test("fidConditions() gives texts as ids to a network that reads them itself", async () => {
  const nnet = { ...tinyConfig().nnet, num_classes: -1, clip_dim: 8, num_clip_token: 6 };
  const conditions = fidConditions({
    ...data,
    captions: {
      kind: "texts",
      longest: 2,
      counts: [],
      read: (images) => Promise.resolve(Array.from(images, () => "ab")),
    },
  }, { nnet: { ...nnet, text_depth: 1 }, seed: 1 });
  const { text, none } = await conditions(0, 2);
  const { ids } = byteTokens("ab", 6);
  deepEqual([...text!], [...ids, ...ids]);
  deepEqual(none, { text: byteTokens("", 6).ids });
});
