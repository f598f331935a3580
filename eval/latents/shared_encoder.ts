import { broadcastValue } from "../../train/collective/broadcast_value.ts";
import { bytesOf } from "../../train/collective/bytes_of.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { gatherFloats } from "../../train/collective/gather_floats.ts";
import type { ImageEncoder } from "./image_encoder.ts";
import type { Size } from "./image_network.ts";
import { runPadded } from "./run_padded.ts";

/** What rank 0 asks the others for. */
interface Request {
  /** Values of all images. */
  readonly length: number;
  /** Images of each rank, at most. */
  readonly batch: number;
  readonly size: Size;
}

/**
 * An encoder that all ranks are part of: rank 0 encodes, and the others help. Each takes batches that
 * one process would, so that the moments are the same.
 */
export class SharedEncoder {
  readonly #encoder: Pick<ImageEncoder, "batchOf" | "encode">;
  readonly #collective: Collective;

  readonly #channels: number;

  /** @param encoder of this rank, which takes images of `channels` channels */
  constructor(
    encoder: Pick<ImageEncoder, "batchOf" | "encode">,
    channels: number,
    collective: Collective,
  ) {
    this.#encoder = encoder;
    this.#channels = channels;
    this.#collective = collective;
  }

  /** Images at a time, at most, of all ranks. */
  batchOf(size: Size): number {
    return this.#collective.size * this.#encoder.batchOf(size);
  }

  /** As {@linkcode ImageEncoder.encode}, {@linkcode SharedEncoder.batchOf} images at most; on rank 0. */
  async encode(images: Float32Array, size: Size): Promise<Float32Array> {
    const request = { length: images.length, batch: this.#encoder.batchOf(size), size };
    await broadcastValue<Request | null>(this.#collective, request);
    return await this.#share(images, request);
  }

  /** On ranks other than 0: encodes what rank 0 asks for, until it ends. */
  async help(): Promise<void> {
    while (true) {
      const request = await broadcastValue<Request | null>(this.#collective, null);
      if (request === null) return;
      await this.#share(new Float32Array(request.length), request);
    }
  }

  /** On rank 0: the others need help no more. */
  async end(): Promise<void> {
    await broadcastValue(this.#collective, null);
  }

  /** Encodes this rank's batch. @returns the moments of all */
  async #share(images: Float32Array, { batch, size }: Request): Promise<Float32Array> {
    const { rank } = this.#collective;
    await this.#collective.broadcast(bytesOf(images));
    const values = batch * this.#channels * size.height * size.width;
    const own = images.subarray(rank * values, (rank + 1) * values);
    const encode = (some: Float32Array) => this.#encoder.encode(some, size);
    const moments = await runPadded(encode, own, Math.min(values, images.length));
    return await gatherFloats(this.#collective, moments);
  }
}
