import { decodeNpy, decodeNpyObjects, holdsObjects, NpyError } from "../../formats/npy.ts";
import { isStoredTensor, type StoredTensor, toFloat32 } from "../../formats/stored_tensor.ts";
import { DatasetError } from "../dataset.ts";

/** What a file of an image's features holds. */
export interface ReferenceImage {
  /** `[2 C, h, w]` */
  readonly moments: Float32Array;
  /** The shape of the moments. */
  readonly shape: readonly number[];
  /** The image's class; 0 where the file has none. */
  readonly label: number;
}

/**
 * Reads an image's features: moments and label as Python objects, or moments alone.
 *
 * @throws {DatasetError} where the file is missing, torn, or holds something else
 */
export async function readReferenceImage(path: string): Promise<ReferenceImage> {
  const bytes = await bytesOf(path);
  try {
    if (!holdsObjects(bytes, path)) return image(path, decodeNpy(bytes, path), 0);
    const [moments, label, ...more] = decodeNpyObjects(bytes, path);
    const isLabel = typeof label === "number" && Number.isInteger(label) && label >= 0;
    if (isStoredTensor(moments) && isLabel && more.length === 0) {
      return image(path, moments, label);
    }
    throw new DatasetError(`${path} does not hold an image's moments and label`);
  } catch (error) {
    if (error instanceof NpyError) throw new DatasetError(error.message);
    throw error;
  }
}

/**
 * Reads a caption's context.
 *
 * @returns its values, and its shape `[tokens, width]`
 * @throws {DatasetError} where the file is missing, torn, or holds something else
 */
export async function readReferenceContext(
  path: string,
): Promise<{ context: Float32Array; shape: readonly [tokens: number, width: number] }> {
  const bytes = await bytesOf(path);
  try {
    const tensor = decodeNpy(bytes, path);
    const [tokens, width] = tensor.shape;
    if (tensor.shape.length === 2) return { context: toFloat32(tensor), shape: [tokens, width] };
  } catch (error) {
    if (error instanceof NpyError) throw new DatasetError(error.message);
    throw error;
  }
  throw new DatasetError(`${path} is no caption's context: tokens by width`);
}

/**
 * Reads a text that samples are drawn of, and its context.
 *
 * @param shape `[tokens, width]` of a context
 * @throws {DatasetError} where the file is missing, torn, or holds something else
 */
export async function readReferencePrompt(
  path: string,
  shape: readonly [tokens: number, width: number],
): Promise<{ text: string; context: Float32Array }> {
  const bytes = await bytesOf(path);
  try {
    const [text, tensor, ...more] = decodeNpyObjects(bytes, path);
    const isContext = isStoredTensor(tensor) && `${tensor.shape}` === `${shape}`;
    if (typeof text === "string" && isContext && more.length === 0) {
      return { text, context: toFloat32(tensor) };
    }
  } catch (error) {
    if (error instanceof NpyError) throw new DatasetError(error.message);
    throw error;
  }
  throw new DatasetError(`${path} does not hold a text and its context [${shape}]`);
}

function image(path: string, tensor: StoredTensor, label: number): ReferenceImage {
  const { shape } = tensor;
  if (shape.length === 3 && shape[0] % 2 === 0) return { moments: toFloat32(tensor), shape, label };
  throw new DatasetError(
    `${path} holds [${shape.join(", ")}], and moments are means and log variances, [2 C, h, w]`,
  );
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new DatasetError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
