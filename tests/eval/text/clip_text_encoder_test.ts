import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import {
  ClipTextEncoder,
  clipTextMemory,
  encodeTexts,
} from "../../../eval/text/clip_text_encoder.ts";
import { clipDigest, openClipWeights, tokenRows } from "../../../eval/text/clip_weights.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { openDevice } from "../../device.ts";
import { distance } from "../../golden.ts";
import {
  configJson,
  type Content,
  golden,
  inFolder,
  parameters,
  renamed,
  textOf,
  tokenizerJson,
} from "./clip_files.ts";

const scalar = (value: number): StoredTensor => ({
  dtype: "F32",
  shape: [],
  data: Float32Array.of(value),
});
/** What is beside the text encoder in a whole CLIP, and in old files. */
const others: Record<string, StoredTensor> = {
  "logit_scale": scalar(4),
  "text_projection.weight": { dtype: "F32", shape: [1, 2], data: Float32Array.of(1, 2) },
  "vision_model.embeddings.position_embedding.weight": {
    dtype: "F32",
    shape: [2, 1],
    data: Float32Array.of(NaN, 2),
  },
  "text_model.embeddings.position_ids": {
    dtype: "I64",
    shape: [1, 16],
    data: BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i)),
  },
};
const wholeClip = { "model.safetensors": { ...parameters, ...others }, "config.json": configJson };
const texts = [textOf(0), textOf(1)];

for (const adapterClass of [undefined, "integrated"] as const) {
  Deno.test(`ClipTextEncoder gives the reference's contexts, kernels of ${adapterClass ?? "this adapter"}`, async () => {
    using device = await openDevice({ adapterClass });
    await inFolder({ ...wholeClip, "tokenizer.json": tokenizerJson }, async (folder) => {
      const before = device.bufferBytes;
      {
        using encoder = await ClipTextEncoder.open(device, { weights: folder });
        const { bytes } = clipTextMemory(device.capabilities, encoder.config);
        equal(device.bufferBytes - before, bytes);
        match(encoder.sha256(), /^[0-9a-f]{64}$/);
        const seen: number[] = [];
        const { context, tokens, width } = await encoder.encode(texts, (n) => seen.push(n));
        deepEqual([tokens, width, seen.at(-1)], [16, 32, 2]);
        const error = distance(context, golden.f32("last_hidden_state").data);
        ok(error < 2e-5, `${error}`);
        // A context has the same bits whatever else is encoded.
        const alone = await encoder.encode([texts[1]]);
        deepEqual(alone.context, context.slice(16 * 32));
        deepEqual((await encoder.encode([])).context, new Float32Array());
      }
      equal(device.bufferBytes, before);
    });
  });
}

Deno.test("encodeTexts() reads every layout of CLIP's files alike, and leaves the device as it was", async () => {
  using device = await openDevice();
  const bare = renamed(parameters, (name) => name.replace("text_model.", ""));
  const stableDiffusion = new Map<string, StoredTensor>(Object.entries({
    ...renamed(parameters, (name) => `cond_stage_model.transformer.${name}`),
    "model.diffusion_model.out.2.bias": scalar(1),
    "first_stage_model.quant_conv.bias": scalar(NaN),
  }));
  const layouts: Record<string, Content>[] = [
    wholeClip,
    { "model.safetensors": bare, "config.json": golden.metadata.config },
    { "pytorch_model.bin": new Map(Object.entries(bare)), "config.json": configJson },
    {
      "sd.ckpt": new Map([["state_dict", stableDiffusion], ["global_step", new Map()]]),
      "config.json": configJson,
    },
    { "text_encoder/model.safetensors": parameters, "text_encoder/config.json": configJson },
  ];
  const found: Float32Array[] = [];
  const digests = new Set<string>();
  for (const layout of layouts) {
    await inFolder({ ...layout, "tokenizer/tokenizer.json": tokenizerJson }, async (folder) => {
      const weights = "sd.ckpt" in layout ? join(folder, "sd.ckpt") : folder;
      found.push((await encodeTexts(device, texts, { weights })).context);
      using opened = await openClipWeights(weights);
      digests.add(clipDigest(opened));
      if (!("text_encoder/model.safetensors" in layout)) return;
      const inner = join(folder, "text_encoder", "model.safetensors");
      found.push((await encodeTexts(device, texts, { weights: inner })).context);
    });
  }
  equal(device.bufferBytes, 0);
  ok(distance(found[0], golden.f32("last_hidden_state").data) < 2e-5);
  for (const contexts of found.slice(1)) deepEqual(contexts, found[0]);
  equal(digests.size, 1);
  const changed = structuredClone(parameters);
  const [name] = Object.keys(changed);
  changed[name].data[7] = 1;
  await inFolder({ ...wholeClip, "model.safetensors": changed }, async (folder) => {
    using opened = await openClipWeights(folder);
    ok(!digests.has(clipDigest(opened)), name);
  });
});

Deno.test("a text of too many tokens is cut, and a line says so", async () => {
  using device = await openDevice();
  await inFolder({ ...wholeClip, "words.json": tokenizerJson }, async (folder) => {
    const notes: string[] = [];
    const options = {
      weights: folder,
      tokenizer: join(folder, "words.json"),
      onNote: (message: string) => void notes.push(message),
    };
    const long = Array.from({ length: 500 }, (_, i) => "abcdefgh"[i % 8]).join(" ");
    const cut = long.slice(0, 2 * 14 - 1);
    const { context, empty } = await encodeTexts(device, [long, cut, "a b"], options);
    deepEqual(notes, [
      `"${
        long.slice(0, 40)
      }.." has 500 tokens, and the text encoder takes 14: 486 tokens are cut off its end`,
    ]);
    await encodeTexts(device, [`${cut} a`], options);
    match(notes.at(-1)!, /has 15 tokens, .* takes 14: 1 token is cut off its end$/);
    const text = (n: number) => context.slice(n * 16 * 32, (n + 1) * 16 * 32);
    deepEqual(text(0), text(1));
    notDeepEqual(text(0), text(2));
    const other = await encodeTexts(device, [""], { ...options, negative: "a b" });
    deepEqual([other.context, other.empty], [empty, text(2)]);
  });
});

Deno.test("tokenRows() gives rows of the table in the order of the ids, and refuses others", async () => {
  const table = parameters["text_model.embeddings.token_embedding.weight"].data;
  await inFolder(wholeClip, async (folder) => {
    using weights = await openClipWeights(folder);
    const rows = tokenRows(weights, [62, 5, 63, 63]);
    deepEqual([...rows.subarray(32, 64)], [...table.slice(5 * 32, 6 * 32)]);
    deepEqual(rows.subarray(64, 96), rows.subarray(96, 128));
    await rejects(async () => await tokenRows(weights, [64]), {
      name: "TextEncoderError",
      message: `${join(folder, "model.safetensors")}: has 64 tokens, and the tokenizer gave 64`,
    });
  });
});

const table = "text_model.embeddings.token_embedding.weight";
const withoutHeads: Record<string, Content> = { "model.safetensors": parameters };
const half: Record<string, StoredTensor> = Object.fromEntries(
  Object.entries(parameters).filter(([name]) => !name.includes("layers.1.mlp")),
);
const notFinite = {
  ...parameters,
  "text_model.final_layer_norm.bias": {
    dtype: "F32",
    shape: [32],
    data: new Float32Array(32).fill(Infinity, 7),
  } as StoredTensor,
};
const openClip = {
  "cond_stage_model.model.token_embedding.weight": parameters[table],
  "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight": scalar(1),
};
const refusals: readonly (readonly [string, Record<string, Content>, RegExp])[] = [
  [
    "OpenCLIP's",
    { "model.safetensors": openClip },
    /the text encoder of OpenCLIP, which Stable Diff/,
  ],
  [
    "another network's",
    { "model.safetensors": { "shared.weight": scalar(1) } },
    /holds no text encoder of CLIP: none of its keys .* the first is shared\.weight; get /,
  ],
  [
    "two encoders'",
    { "model.safetensors": { ...parameters, ...renamed(parameters, (name) => `second.${name}`) } },
    /has 2 text encoders: text_model\..*, second\.text_model\./,
  ],
  [
    "another activation's",
    { ...wholeClip, "config.json": JSON.stringify({ hidden_act: "gelu" }) },
    /its config\.json says hidden_act gelu, and CLIP ViT-L\/14's is quick_gelu/,
  ],
  ["of unknown heads", withoutHeads, /has tokens of width 32, no multiple of 64: a config\.json/],
  [
    "incomplete",
    { ...wholeClip, "model.safetensors": half },
    /missing \(4\): .*layers\.1\.mlp\.fc1\.weight/,
  ],
  [
    "not finite",
    { ...wholeClip, "model.safetensors": notFinite },
    /final_layer_norm\.bias\[7\] is Inf/,
  ],
  [
    "absent",
    { "vae/model.safetensors": parameters },
    /has none of model\.safetensors, .*; get model\.safetensors and tokenizer\.json .* from https:\/\//,
  ],
];

for (const [kind, files, message] of refusals) {
  Deno.test(`openClipWeights() refuses weights that are ${kind} in a line`, async () => {
    await inFolder(files, async (folder) => {
      await rejects(openClipWeights(folder), (error: Error) => {
        ok(error.message.startsWith(folder), error.message);
        ok(message.test(error.message), error.message);
        return true;
      });
    });
  });
}

Deno.test("openClipWeights() says that a file is not there, and where to get it", async () => {
  await rejects(openClipWeights("nowhere.safetensors"), {
    name: "TextEncoderError",
    message:
      /^nowhere\.safetensors: there is no such file or folder; get .*clip-vit-large-patch14 /,
  });
});
