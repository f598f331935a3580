import type { Device } from "../../../engine/mod.ts";
import { type Collective, ONE_PROCESS } from "../../../train/collective/collective.ts";
import { cachedFeatures, type Extract } from "./feature_cache.ts";
import { InceptionExtractor } from "./inception_features.ts";
import type { InceptionWeights } from "./inception_weights.ts";
import { sharedExtract } from "./shared_extract.ts";

/** Options of {@linkcode inceptionExtract}. */
export interface InceptionExtractOptions {
  /** Whether logits are requested as well. */
  readonly logits: boolean;
  /** Folder that caches features; null for none. */
  readonly cache: string | null;
  /** The most images at once: fewer than a usual batch make it smaller. */
  readonly most: number;
  /** The processes that extract a share each, called with the same images; default: one. */
  readonly collective?: Collective;
  /** Frees the Inception network. */
  readonly stack: DisposableStack;
}

/** Fewer images than this make a batch of their own size. */
const FEW = 8;

/** The batch size for at most `most` images; undefined for the default. */
export function inceptionBatch(most: number): number | undefined {
  return most < FEW ? Math.max(1, most) : undefined;
}

/** Returns a function that extracts the Inception features of images on a device. */
export function inceptionExtract(
  device: Device,
  { parameters, sha256 }: InceptionWeights,
  { logits, cache, most, collective = ONE_PROCESS, stack }: InceptionExtractOptions,
): Extract {
  const batch_size = inceptionBatch(most);
  const inception = stack.use(new InceptionExtractor(device, parameters, { logits, batch_size }));
  const own: Extract = (batch, onProgress) =>
    inception.extract({ ...batch, channels: 3 }, onProgress);
  const extract = sharedExtract(own, collective);
  return cache === null
    ? extract
    : cachedFeatures(extract, { folder: cache, variant: sha256, logits, collective });
}
