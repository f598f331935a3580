/** An image as it is, or mirrored. */
export interface Visit {
  /** Which image. */
  readonly image: number;
  /** Left and right are exchanged. */
  readonly mirrored: boolean;
}

/** U-ViT's batch: so many images as they are come before the same mirrored. */
const BLOCK = 256;

/**
 * The visits of `n` images from the one numbered `first` on: each once or, with `flips`, block by block
 * first as they are, then mirrored.
 */
export function* visits(n: number, flips: boolean, first = 0): Generator<Visit> {
  for (let at = first; at < (flips ? 2 * n : n); at++) {
    if (!flips) {
      yield { image: at, mirrored: false };
      continue;
    }
    const start = Math.floor(at / (2 * BLOCK)) * BLOCK;
    const size = Math.min(BLOCK, n - start);
    const within = at - 2 * start;
    yield { image: start + within % size, mirrored: within >= size };
  }
}
