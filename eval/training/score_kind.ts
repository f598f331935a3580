import { createHash } from "node:crypto";
import { conditioningOf } from "../../nets/conditioning.ts";
import type { FidSubject } from "./checkpoint_fid.ts";
import type { FidDrawing } from "./fid_drawing.ts";

/** What a score depends on besides the weights: only scores of one kind are compared. */
export function scoreKind(
  { config, inception, reference: { mu, sigma }, autoencoder }: Omit<
    FidSubject,
    "device" | "dataset"
  >,
  { n, steps }: FidDrawing,
): string {
  const { sample, nnet, seed, eval: { fid: { algorithm } } } = config;
  return [
    `${n} images`,
    `${algorithm}, ${steps} steps`,
    ...conditioningOf(nnet).kind !== "none" ? [`guidance ${sample.scale}`] : [],
    ...sample.clip_denoised ? ["clipped"] : [],
    `seed ${seed}`,
    `Inception ${inception.sha256.slice(0, 8)}`,
    `data ${sha256(mu, sigma).slice(0, 8)}`,
    ...autoencoder
      ? [`decoder ${autoencoder.sha256().slice(0, 8)}, factor ${autoencoder.scale_factor}`]
      : [],
  ].join(", ");
}

function sha256(...parts: Float64Array[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of parts) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
