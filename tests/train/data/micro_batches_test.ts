import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import { byteTokens } from "../../../nets/byte_tokens.ts";
import { microBatches } from "../../../train/data/micro_batches.ts";
import { tinyConfig } from "../../tiny_config.ts";

Deno.test("microBatches() splits images, labels and sample numbers alike", () => {
  const config = tinyConfig({ train: { batch_size: 6, p_uncond: 0.5 } });
  const width = 3 * 8 * 8;
  const batch = {
    images: Uint8Array.from({ length: 6 * width }, (_, i) => 7 * i),
    labels: Int32Array.of(0, 1, 2, 3, 4, 5),
  };
  const [whole] = microBatches(config, batch, 9);
  const split = microBatches({ ...config, train: { ...config.train, micro_batches: 3 } }, batch, 9);
  const bytes = ({ images }: typeof whole) => {
    const { buffer, byteOffset, byteLength } = images as Uint32Array<ArrayBuffer>;
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  deepEqual(bytes(whole), batch.images);
  deepEqual(split.flatMap((part) => [...bytes(part)]), [...batch.images]);
  deepEqual(split.flatMap(({ labels }) => [...labels]), [...whole.labels]);
  deepEqual(split.map(({ key }) => key[3]), [0, 2, 4]);
  deepEqual(split.map(({ key }) => key[2]), [9, 9, 9]);
});

Deno.test("microBatches() drops a fraction p_uncond of labels, others at each step", () => {
  const config = tinyConfig({ train: { batch_size: 1000, p_uncond: 0.2 } });
  const batch = { images: new Uint8Array(4000), labels: new Int32Array(1000).fill(3) };
  const dropped = (step: number, p_uncond: number) => {
    const given = { ...config, train: { ...config.train, p_uncond } };
    const labels = Array.from(microBatches(given, batch, step)[0].labels);
    ok(labels.every((label) => label === 3 || label === 16));
    return labels.flatMap((label, i) => label === 16 ? [i] : []);
  };
  for (const step of [0, 1]) ok(Math.abs(dropped(step, 0.2).length - 200) < 50);
  notDeepEqual(dropped(0, 0.2), dropped(1, 0.2));
  deepEqual(dropped(0, 0), []);
});

Deno.test("microBatches() gives an unconditional network no labels, and whole words of bytes", () => {
  const config = tinyConfig({ train: { batch_size: 3 }, nnet: { num_classes: -1 } });
  const batch = { images: new Uint8Array(3 * 49).fill(255), labels: new Int32Array(3) };
  const [inputs] = microBatches(config, batch, 0);
  deepEqual(Object.keys(inputs), ["images", "key"]);
  equal(inputs.images.length, 37);
  equal(inputs.images[36], 0xffffff);
});

Deno.test("microBatches() gives a network of texts contexts, and the empty one where it drops them", () => {
  const nnet = { num_classes: -1, clip_dim: 2, num_clip_token: 3 };
  const config = tinyConfig({ train: { batch_size: 100, micro_batches: 2, p_uncond: 0.3 }, nnet });
  const batch = {
    images: new Uint8Array(400),
    labels: new Int32Array(100),
    context: Float32Array.from({ length: 600 }, (_, i) => i),
    none: { context: new Float32Array(6).fill(-1) },
  };
  const parts = microBatches(config, batch, 4);
  deepEqual(Object.keys(parts[0]), ["images", "key", "context"]);
  const rows = parts.flatMap(({ context }) => [...context]);
  deepEqual(rows.length, 600);
  const dropped = rows.flatMap((v, i) => i % 6 === 0 && v === -1 ? [i / 6] : []);
  ok(Math.abs(dropped.length - 30) < 15, `${dropped.length}`);
  rows.forEach((v, i) => equal(v, dropped.includes(Math.floor(i / 6)) ? -1 : i));
  // The same samples as whose labels are dropped.
  const labelled = tinyConfig({ train: config.train });
  const [labels] = [microBatches(labelled, batch, 4).flatMap(({ labels }) => [...labels])];
  deepEqual(labels.flatMap((label, i) => label === 16 ? [i] : []), dropped);
  throws(() => microBatches(config, { ...batch, none: undefined }, 4), {
    name: "DatasetError",
    message: "a network of texts needs captions, and there are none",
  });
});

Deno.test("microBatches() gives contexts in mixed precision as f16, two to a word", () => {
  const train = {
    batch_size: 4,
    micro_batches: 4,
    p_uncond: 0.5,
    mixed_precision: "fp16",
  } as const;
  const config = tinyConfig({ train, nnet: { num_classes: -1, clip_dim: 1, num_clip_token: 3 } });
  // 2^-20 is subnormal in f16; 0.1 is not in it, and rounded.
  const values = [2 ** -20, 0.1, ...Array.from({ length: 10 }, (_, i) => i)];
  for (const type of [Float16Array, Float32Array]) {
    const batch = {
      images: new Uint8Array(16),
      labels: new Int32Array(4),
      context: type.from(values),
      none: { context: new Float32Array(3).fill(-1) },
    };
    const parts = microBatches(config, batch, 2).map(({ context }) => {
      ok(context instanceof Uint32Array && context.length === 2);
      return [...new Float16Array(context.buffer, context.byteOffset, 3)];
    });
    const dropped = parts.flatMap(([first], i) => first === -1 ? [i] : []);
    ok(dropped.length > 0 && dropped.length < 4, `${dropped}`);
    parts.forEach((part, i) => {
      const kept = values.slice(3 * i, 3 * i + 3).map(Math.f16round);
      deepEqual(part, dropped.includes(i) ? [-1, -1, -1] : kept);
    });
  }
});

Deno.test("microBatches() gives moments as they are, split like images", () => {
  const config = tinyConfig({ train: { batch_size: 4 } });
  const images = Float32Array.from({ length: 4 * 8 }, (_, i) => i / 2);
  const batch = { images, labels: new Int32Array(4) };
  const [whole] = microBatches(config, batch, 2);
  deepEqual(Object.keys(whole), ["moments", "key", "labels"]);
  deepEqual(whole.moments, images);
  const train = { ...config.train, micro_batches: 2 };
  const split = microBatches({ ...config, train }, batch, 2);
  deepEqual(split.flatMap(({ moments }) => [...moments]), [...images]);
});

Deno.test("microBatches() gives each of several processes its part of the whole batch", () => {
  const config = tinyConfig({ train: { batch_size: 6, p_uncond: 0.5 } });
  const width = 3 * 8 * 8;
  const images = Uint8Array.from({ length: 6 * width }, (_, i) => 7 * i);
  const labels = Int32Array.of(0, 1, 2, 3, 4, 5);
  const split = { ...config, train: { ...config.train, micro_batches: 3 } };
  const whole = microBatches(split, { images, labels }, 9);
  const parts = [0, 1, 2].flatMap((rank) => {
    const share = {
      images: images.subarray(2 * rank * width, 2 * (rank + 1) * width),
      labels: labels.subarray(2 * rank, 2 * (rank + 1)),
    };
    return microBatches(config, share, 9, { rank, size: 3 });
  });
  deepEqual(parts, whole);
});

Deno.test("microBatches() gives a network that reads texts ids, and the empty text's where it drops them", () => {
  const nnet = { num_classes: -1, clip_dim: 8, num_clip_token: 3, text_depth: 1 };
  const config = tinyConfig({ train: { batch_size: 100, micro_batches: 2, p_uncond: 0.3 }, nnet });
  const batch = {
    images: new Uint8Array(400),
    labels: new Int32Array(100),
    text: Int32Array.from({ length: 2400 }, (_, i) => i % 256),
  };
  const parts = microBatches(config, batch, 4);
  deepEqual(Object.keys(parts[0]), ["images", "key", "text"]);
  const ids = parts.flatMap(({ text }) => [...text]);
  const none = String([...byteTokens("", 3).ids]);
  const isDropped = (i: number) => String(ids.slice(24 * i, 24 * i + 24)) === none;
  const dropped = Array.from({ length: 100 }, (_, i) => i).filter(isDropped);
  ok(Math.abs(dropped.length - 30) < 15, `${dropped.length}`);
  ids.forEach((id, at) => ok(id === at % 256 || dropped.includes(Math.floor(at / 24))));
});
