import { UserError } from "../../../engine/user_error.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { foldBatchNorm, inceptionStateShapes } from "../../../nets/inception.ts";
import { cacheFolder } from "../../../train/files/cache_folder.ts";
import { download, DownloadError, type DownloadProgress } from "../../../train/files/download.ts";
import { contentKind } from "../../../train/formats/foreign_content.ts";
import { decodePth, PthError } from "../../../train/formats/pth.ts";
import { decodeSafetensors, SafetensorsError } from "../../../train/formats/safetensors.ts";
import {
  isStoredTensor,
  type StoredTensor,
  toFloat32,
} from "../../../train/formats/stored_tensor.ts";

/**
 * Where the published weights come from, their checksum and where they are cached.
 * @category Metrics
 */
export interface InceptionOrigin {
  /** URL of the file. */
  readonly url: string;
  /** The file's SHA-256 sum, hexadecimal. */
  readonly sha256: string;
  /** Folder of the downloaded file. */
  readonly cache: string;
}

/**
 * Weights of Inception, and where they came from.
 * @category Metrics
 */
export interface InceptionWeights {
  /** The network's parameters by name, batch norms folded in. */
  readonly parameters: Record<string, Float32Array>;
  /** SHA-256 of the file, hexadecimal; reported with every metric. */
  readonly sha256: string;
  /** The file they were read from. */
  readonly file: string;
}

/**
 * The weights of Inception are not available, or a file of them is not valid.
 * @category Metrics
 */
export class InceptionWeightsError extends UserError {
  /** The name of this class. */
  override readonly name: string = "InceptionWeightsError";
}

const FILE = "pt_inception-2015-12-05-6726825d.pth";
const URL_OF_FILE = `https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/${FILE}`;
/** The file's name has its first eight digits. */
const SHA256_OF_FILE = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2";

/**
 * Options of {@linkcode findInceptionWeights}.
 * @category Metrics
 */
export interface InceptionOptions {
  /** A file; null: the one in the user's cache folder, downloaded where it is not there. */
  readonly path?: string | null;
  /** What the caller's setting for `path` is called, for the error where the download fails. */
  readonly setting?: string;
  /** Called as the file is downloaded. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Where the published weights come from. */
  readonly origin?: InceptionOrigin;
}

/**
 * Weights for FID's Inception: from `path`, the published `.pth` or a copy of its state dict in
 * safetensors; without it from the user's cache folder, where they are downloaded to once.
 *
 * @throws {InceptionWeightsError} where they are not available, or the file holds something else
 * @category Metrics
 */
export async function findInceptionWeights(
  { path, setting = "path", onProgress, origin = publishedOrigin() }: InceptionOptions = {},
): Promise<InceptionWeights> {
  const file = path ?? await fetchWeights(origin, setting, onProgress);
  const bytes = await readBytes(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (!path && sha256 !== origin.sha256) {
    throw new InceptionWeightsError(
      `${file} is damaged (its SHA-256 sum is ${sha256}, not ${origin.sha256}): remove it, ` +
        "and it is downloaded again",
    );
  }
  return { parameters: foldBatchNorm(stateOf(bytes, file)), sha256, file };
}

function publishedOrigin(): InceptionOrigin {
  return { url: URL_OF_FILE, sha256: SHA256_OF_FILE, cache: cacheFolder() };
}

/** The cached file, downloaded first where it is not there yet. */
async function fetchWeights(
  { url, sha256, cache }: InceptionOrigin,
  setting: string,
  onProgress?: (progress: DownloadProgress) => void,
): Promise<string> {
  const to = join(cache, FILE);
  const there = await Deno.stat(to).then(() => true, () => false);
  if (there) return to;
  try {
    await download({ url, to, sha256, onProgress });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new InceptionWeightsError(
      `no weights for Inception: ${error.message}; fetch that file (SHA-256 ${sha256}) by other ` +
        `means and give ${setting}=FILE, or put it there`,
    );
  }
  return to;
}

async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InceptionWeightsError(`cannot read Inception's weights from ${file}: ${problem}`);
  }
}

/** The state dict in a file, checked for names and shapes; tensors that are not the network's are left out. */
function stateOf(bytes: Uint8Array<ArrayBuffer>, file: string): Record<string, Float32Array> {
  const found = tensorsOf(bytes, file);
  const state: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(inceptionStateShapes())) {
    const tensor = found.get(name);
    const problem = !tensor
      ? `has no "${name}"`
      : tensor.shape.join() !== shape.join()
      ? `has "${name}" as [${tensor.shape.join(", ")}], not [${shape.join(", ")}]`
      : null;
    if (problem) {
      throw new InceptionWeightsError(
        `${file} is not FID's Inception: it ${problem}; ${FILE} from ${URL_OF_FILE} is`,
      );
    }
    state[name] = toFloat32(tensor!);
  }
  return state;
}

function tensorsOf(bytes: Uint8Array<ArrayBuffer>, file: string): Map<unknown, StoredTensor> {
  try {
    if (contentKind(bytes) === "safetensors" || file.endsWith(".safetensors")) {
      return new Map(Object.entries(decodeSafetensors(bytes, file).tensors));
    }
    const value = decodePth(bytes, file);
    const entries = value instanceof Map ? [...value] : [];
    return new Map(
      entries.filter((entry): entry is [string, StoredTensor] => isStoredTensor(entry[1])),
    );
  } catch (error) {
    if (!(error instanceof PthError || error instanceof SafetensorsError)) throw error;
    throw new InceptionWeightsError(error.message);
  }
}
