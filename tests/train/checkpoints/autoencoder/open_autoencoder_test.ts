import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { join } from "node:path";
import {
  diffusersShape,
  toDiffusers,
} from "../../../../train/checkpoints/autoencoder/autoencoder_keys.ts";
import { CheckpointError } from "../../../../train/checkpoints/checkpoint.ts";
import { openAutoencoder } from "../../../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { encodePth, type PthValue } from "../../../../train/formats/pth.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../../train/formats/safetensors.ts";
import { type StoredTensor, toFloat32 } from "../../../../train/formats/stored_tensor.ts";

const url = new URL("../../../golden/autoencoder_kl_tiny.safetensors", import.meta.url);
const golden = decodeSafetensors(await Deno.readFile(url), "tiny");
/** The weights as the reference names them. */
const weights: Record<string, StoredTensor> = Object.fromEntries(
  Object.keys(JSON.parse(golden.metadata.keys)).sort()
    .map((name) => [name, golden.tensors[`param.${name}`]]),
);
const structure = {
  in_channels: 3,
  ch: 32,
  ch_mult: [2, 1],
  num_res_blocks: 1,
  z_channels: 4,
  embed_dim: 4,
};
const one: StoredTensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) };

async function inFolder(use: (at: (name: string) => string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const renamed = (name: (key: string) => string, source = weights) =>
  Object.fromEntries(Object.entries(source).map(([key, tensor]) => [name(key), tensor]));

/** The weights as diffusers stores them. */
const diffusers = Object.fromEntries(
  Object.entries(weights).map(([name, tensor]) => [
    toDiffusers(name, 2),
    { ...tensor, shape: [...diffusersShape(name, tensor.shape)] },
  ]),
);

/** Opens a file and checks that it has the weights, bit for bit. */
async function opened(path: string, scale_factor?: number) {
  using file = await openAutoencoder(path, { scale_factor });
  const read = [...file.names.keys()].map((name) => [name, file.read(name)]);
  deepEqual(Object.fromEntries(read), weights);
  const { scale_factor: factor, ...rest } = file.config;
  deepEqual(rest, structure);
  return { factor, keys: file.keys, others: file.others, notes: file.notes };
}

Deno.test("openAutoencoder() reads the reference's files and Stable Diffusion's checkpoints", async () => {
  await inFolder(async (at) => {
    const flat = at("autoencoder_kl.pth");
    await Deno.writeFile(flat, encodePth(new Map(Object.entries(weights))));
    deepEqual(await opened(flat), {
      factor: 0.18215,
      keys: "reference",
      others: 0,
      notes: [`${flat}: has no scale factor; took 0.18215, Stable Diffusion's`],
    });
    deepEqual((await opened(flat, 0.2301)).notes, []);
    equal((await opened(flat, 0.2301)).factor, 0.2301);

    const rest = {
      "model.diffusion_model.input_blocks.0.0.weight": one,
      "cond_stage_model.transformer.text_model.final_layer_norm.weight": one,
    };
    const all = { ...rest, ...renamed((key) => `first_stage_model.${key}`) };
    const ckpt = at("sd.ckpt");
    const dictionary = new Map(Object.entries(all));
    await Deno.writeFile(
      ckpt,
      encodePth(new Map<string, PthValue>([["state_dict", dictionary]])),
    );
    equal((await opened(ckpt)).others, 2);
    const single = at("sd.safetensors");
    await Deno.writeFile(single, encodeSafetensors({ ...all, "first_stage_model.loss.x": one }));
    equal((await opened(single)).others, 3);
  });
});

Deno.test("openAutoencoder() reads diffusers' folder, with old names of its attention too", async () => {
  await inFolder(async (at) => {
    await Deno.mkdir(at("vae"));
    const file = at("vae/diffusion_pytorch_model.safetensors");
    await Deno.writeFile(file, encodeSafetensors(diffusers));
    await Deno.writeTextFile(at("vae/config.json"), '{ "scaling_factor": 0.13025 }');
    const expected = { factor: 0.13025, keys: "diffusers", others: 0, notes: [] };
    for (const path of [file, at("vae"), at(".")]) deepEqual(await opened(path), expected);
    equal((await opened(file, 0.5)).factor, 0.5);
    const older = renamed(
      (key) =>
        key.replace(".to_q.", ".query.").replace(".to_k.", ".key.").replace(".to_v.", ".value.")
          .replace(".to_out.0.", ".proj_attn."),
      diffusers,
    );
    await Deno.writeFile(file, encodeSafetensors(older));
    deepEqual(await opened(file), expected);
  });
});

Deno.test("an autoencoder's digest is that of its values, whatever the file's form", async () => {
  await inFolder(async (at) => {
    const digest = async (name: string, bytes: Uint8Array) => {
      await Deno.writeFile(at(name), bytes);
      using file = await openAutoencoder(at(name));
      return file.sha256();
    };
    const first = await digest("a.pth", encodePth(new Map(Object.entries(weights))));
    const f32 = Object.entries(diffusers).map(([name, tensor]): [string, StoredTensor] => [
      name,
      { dtype: "F32", shape: tensor.shape, data: toFloat32(tensor) },
    ]);
    equal(await digest("b.safetensors", encodeSafetensors(Object.fromEntries(f32))), first);
    f32[0][1].data[0]++;
    const other = await digest("b.safetensors", encodeSafetensors(Object.fromEntries(f32)));
    ok(/^[0-9a-f]{64}$/.test(other) && other !== first);
  });
});

Deno.test("openAutoencoder() refuses anything else in a line that names it", async () => {
  await inFolder(async (at) => {
    const refused = async (tensors: Record<string, StoredTensor>, problem: string) => {
      const file = at("w.safetensors");
      await Deno.writeFile(file, encodeSafetensors(tensors));
      const message = `${file}: ${problem}`;
      await rejects(openAutoencoder(file), (error: Error) => {
        ok(error instanceof CheckpointError);
        equal(error.message, message);
        return true;
      });
    };
    const none = "has no autoencoder of Stable Diffusion's kind (AutoencoderKL)";
    await refused({ one }, none);
    const networks = [
      ["text_model.embeddings.token_embedding.weight", "CLIP's text encoder"],
      ["model.diffusion_model.out.0.weight", "a checkpoint of Stable Diffusion"],
      ["time_embedding.linear_1.weight", "a UNet of diffusers"],
      ["quantize.embedding.weight", "an autoencoder with a codebook (VQ)"],
    ];
    for (const [key, known] of networks) await refused({ [key]: one }, `${none}: it is ${known}`);
    const uvit = new URL("../../../golden/uvit_tiny_scalelong0.safetensors", import.meta.url);
    const { tensors } = decodeSafetensors(await Deno.readFile(uvit), "uvit");
    const params = Object.entries(tensors).filter(([key]) => key.startsWith("param."));
    await refused(
      Object.fromEntries(params.map(([key, tensor]) => [key.slice(6), tensor])),
      `${none}: it is a U-ViT`,
    );
    const kind = "is no autoencoder of Stable Diffusion's kind: it";
    const { "encoder.mid.attn_1.q.bias": _, ...lacking } = weights;
    await refused(lacking, `${kind} lacks encoder.mid.attn_1.q.bias [32]`);
    await refused(
      { ...weights, "decoder.conv_in.bias": one },
      `${kind} has decoder.conv_in.bias as [1], not [32]`,
    );
    await refused(
      { ...weights, "encoder.down.0.attn.0.q.bias": one },
      `${kind} has encoder.down.0.attn.0.q.bias [1]`,
    );
    const sources = "Stable Diffusion's is vae/diffusion_pytorch_model.safetensors in its " +
      "repositories on huggingface.co, and autoencoder_kl.pth among U-ViT's files";
    await rejects(openAutoencoder(at("none.pth")), {
      message: `${at("none.pth")}: there is no such autoencoder; ${sources}`,
    });
    await Deno.mkdir(at("empty"));
    await rejects(openAutoencoder(at("empty")), {
      message: `${at("empty")}: has neither diffusion_pytorch_model.safetensors nor the ` +
        `checkpoints of a run; ${sources}`,
    });
  });
});
