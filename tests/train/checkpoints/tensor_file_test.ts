import { deepStrictEqual as deepEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openTensorFile } from "../../../train/checkpoints/tensor_file.ts";
import { openWeights } from "../../../train/checkpoints/weights_file.ts";
import { encodeNpy } from "../../../train/formats/npy.ts";
import { encodeNpz } from "../../../train/formats/npz.ts";
import { encodePth } from "../../../train/formats/pth.ts";
import { encodeSafetensors } from "../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { writeZip } from "../../../train/formats/zip.ts";

const tensor: StoredTensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
const legacy = Deno.readFileSync(new URL("../../golden/nnet_legacy.pth", import.meta.url));
const text = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

async function withFile(
  name: string,
  bytes: Uint8Array,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(folder, name), bytes);
    await use(join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const contents: Record<string, Uint8Array> = {
  safetensors: encodeSafetensors({ w: tensor }),
  pth: encodePth(new Map([["w", tensor]])),
  npz: encodeNpz({ w: tensor }),
  npy: encodeNpy(tensor),
};

for (const [kind, bytes] of Object.entries(contents)) {
  Deno.test(`openTensorFile() tells ${kind} by its content, whatever its name`, async () => {
    for (const name of ["w.ckpt", "w.bin", "w.PTH", "w.pt", "w.safetensors", "w.npz", "w"]) {
      await withFile(name, bytes, async (path) => {
        using file = await openTensorFile(path);
        deepEqual([file.kind, file.tensors.size], [kind, 1], name);
      });
    }
  });
}

Deno.test("openTensorFile() recognises PyTorch's legacy format by its content", () =>
  withFile("w.bin", legacy, async (path) => {
    using file = await openTensorFile(path);
    deepEqual(file.kind, "pth");
  }));

const foreign: Record<string, [content: Uint8Array<ArrayBuffer>, says: RegExp]> = {
  "a Git LFS pointer": [
    text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"),
    /it is a Git LFS pointer, not the file itself: run git lfs pull$/,
  ],
  "an HTML page": [text("\n<!DOCTYPE html>\n<html><body>404</body></html>"), /it is an HTML page/],
  "a PNG image": [text("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), /it is a PNG image$/],
  "a WebP image": [text("RIFF\x10\0\0\0WEBPVP8L"), /it is a WebP image$/],
  "a JPEG image": [text("\xff\xd8\xff\xe0\0\x10JFIF\0"), /it is a JPEG image$/],
  "gzip": [text("\x1f\x8b\x08\0\0\0\0\0\0\x03"), /it is compressed by gzip: unpack it first$/],
  "an empty file": [new Uint8Array(), /it is empty: it has 0 bytes$/],
  "JSON text": [text('{"error": "not found", "more": 1}'), /it is JSON text$/],
  "an archive of something else": [
    writeZip([{ name: "word/document.xml", bytes: text("<w/>") }]),
    /zip archive of something else: .* 1 members such as "word\/document\.xml"|not an \.npy file$/,
  ],
};

for (const [what, [content, says]] of Object.entries(foreign)) {
  Deno.test(`openTensorFile() names ${what}, whatever the file is called`, async () => {
    for (const name of ["w.safetensors", "w.pth", "w.npz", "w.npy", "w.ckpt", "w"]) {
      await withFile(name, content, (path) =>
        rejects(openTensorFile(path), (error: Error) => {
          ok(error.message.startsWith(path) && says.test(error.message), error.message);
          ok(!error.message.includes("\n"));
          return error.name === "CheckpointError";
        }));
    }
  });
}

Deno.test("openTensorFile() lists every type of safetensors; those not read are refused on use", async () => {
  const bits: Record<string, number> = {
    ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, U16: 16, U32: 32 },
    ...{ U64: 64, C64: 64, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  };
  const header: Record<string, unknown> = {
    w: { dtype: "F32", shape: [4], data_offsets: [0, 16] },
  };
  let size = 16;
  for (const [dtype, width] of Object.entries(bits)) {
    header[dtype] = { dtype, shape: [4], data_offsets: [size, size += width / 2] };
  }
  const json = text(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  await withFile("w.safetensors", bytes, async (path) => {
    using file = await openTensorFile(path);
    deepEqual([...file.tensors.values()].map(({ dtype }) => dtype), ["F32", ...Object.keys(bits)]);
    deepEqual(file.read("w").shape, [4]);
    for (const dtype of Object.keys(bits)) {
      for (const use of [() => file.read(dtype), () => [...file.pieces(dtype, 8)]]) {
        await rejects(async () => await use(), {
          name: "CheckpointError",
          message: `${path}: ${dtype} is stored as ${dtype}, which is listed but cannot be used; ` +
            "save it as F32, F16 or BF16",
        });
      }
    }
  });
});

Deno.test("openWeights() says that a whole module is no state dict", async () => {
  const path = new URL("../../data/formats/module.pth", import.meta.url).pathname;
  await rejects(openWeights(path, "ema"), {
    name: "CheckpointError",
    message: /holds a whole object, <torch\.nn\.modules\.linear\.Linear> .* model\.state_dict\(\)$/,
  });
});
