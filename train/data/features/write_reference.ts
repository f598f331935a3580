import { basename, dirname, join, resolve } from "node:path";
import { exists, replaceFolder } from "../../files/durable.ts";
import { encodeNpy, encodeNpyObjects } from "../../formats/npy.ts";
import type { StoredTensor } from "../../formats/stored_tensor.ts";
import { DatasetError } from "../dataset.ts";
import type { FeatureSource } from "./feature_source.ts";
import { EMPTY_CONTEXT_FILE, PROMPTS_FOLDER } from "./reference_listing.ts";

/** Texts for samples: the reference has as many. */
const PROMPTS = 12;

/**
 * Writes features as U-ViT reads them, a NumPy file for each image in F32: `I.npy` with moments and
 * label or, of images with captions, `I.npy` with moments, `I_K.npy` with the context of caption K, and
 * beside the folder `empty_context.npy` and, unless it is there, `run_vis` with texts for samples.
 *
 * @param folder must not exist yet
 * @param onProgress called with the number of images done
 * @throws {DatasetError} where it exists
 * @category Data
 */
export async function writeReferenceFeatures(
  source: FeatureSource,
  folder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  if (await exists(folder)) throw new DatasetError(`${folder} exists: name another folder`);
  const saving = join(dirname(resolve(folder)), `.saving-${basename(folder)}`);
  if (await exists(saving)) await Deno.remove(saving, { recursive: true });
  await Deno.mkdir(saving, { recursive: true });
  const { length, shape: [channels, height, width], captions } = source;
  const write = (name: string, bytes: Uint8Array) => Deno.writeFile(join(saving, name), bytes);
  const context = (data: Float32Array | Float16Array): StoredTensor => ({
    dtype: "F32",
    shape: [...captions!.shape],
    data: Float32Array.from(data),
  });
  for (let i = 0; i < length; i++) {
    const { data, labels } = await source.read([i]);
    const moments: StoredTensor = { dtype: "F32", shape: [2 * channels, height, width], data };
    if (!captions) await write(`${i}.npy`, encodeNpyObjects([moments, labels[0]]));
    else {
      await write(`${i}.npy`, encodeNpy(moments));
      for (let k = 0; k < captions.counts[i]; k++) {
        const draw = (k + 0.5) / captions.counts[i] * 2 ** 32;
        await write(`${i}_${k}.npy`, encodeNpy(context(await captions.read([i], [draw]))));
      }
    }
    onProgress?.(i + 1, length);
  }
  await Deno.rename(saving, folder);
  if (!captions) return;
  const beside = dirname(resolve(folder));
  await Deno.writeFile(
    join(beside, EMPTY_CONTEXT_FILE),
    encodeNpy(context(await captions.empty())),
  );
  const prompts = await captions.prompts?.(PROMPTS);
  if (!prompts || await exists(join(beside, PROMPTS_FOLDER))) return;
  await replaceFolder(join(beside, PROMPTS_FOLDER), async (saving) => {
    const width = prompts.context.length / prompts.texts.length;
    for (const [i, text] of prompts.texts.entries()) {
      const tensor = context(prompts.context.subarray(i * width, (i + 1) * width));
      await Deno.writeFile(join(saving, `${i}.npy`), encodeNpyObjects([text, tensor]));
    }
  });
}
