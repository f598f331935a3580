import { encodeSafetensors } from "../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../train/formats/stored_tensor.ts";
import { type GoldenAutoencoder, goldenAutoencoder } from "../nets/golden_autoencoder.ts";

/** The small autoencoder: latents of 4 channels, half as high and wide as images. */
export const golden: GoldenAutoencoder = await goldenAutoencoder("autoencoder_kl_tiny");

/** Writes its weights. */
export async function writeAutoencoder(file: string): Promise<void> {
  const values = Object.entries(golden.values()).map(([name, data]) =>
    [name, { dtype: "F32", shape: golden.shapes[name], data } as StoredTensor] as const
  );
  await Deno.writeFile(file, encodeSafetensors(Object.fromEntries(values)));
}
