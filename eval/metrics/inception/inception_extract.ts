import type { Device } from "../../../engine/mod.ts";
import { cachedFeatures, type Extract } from "./feature_cache.ts";
import { InceptionExtractor } from "./inception_features.ts";
import type { InceptionWeights } from "./inception_weights.ts";

/** How features are taken. */
export interface InceptionExtractOptions {
  /** Whether logits are wanted, too. */
  readonly logits: boolean;
  /** Folder that keeps features, or null. */
  readonly cache: string | null;
  /** As many images as there will be: a few do not fill a usual batch. */
  readonly most: number;
  /** Frees Inception in the end. */
  readonly stack: DisposableStack;
}

/** Images that go through Inception at once, where there are as many. */
const FEW = 8;

/** The batch for `most` images; undefined where the usual one is right. */
export function inceptionBatch(most: number): number | undefined {
  return most < FEW ? Math.max(1, most) : undefined;
}

/** Features of images by Inception on a device. */
export function inceptionExtract(
  device: Device,
  { parameters, sha256 }: InceptionWeights,
  { logits, cache, most, stack }: InceptionExtractOptions,
): Extract {
  const batch_size = inceptionBatch(most);
  const inception = stack.use(new InceptionExtractor(device, parameters, { logits, batch_size }));
  const extract: Extract = (batch, onProgress) =>
    inception.extract({ ...batch, channels: 3 }, onProgress);
  return cache === null
    ? extract
    : cachedFeatures(extract, { folder: cache, variant: sha256, logits });
}
