/** Resizes rows of pixels, antialiased, as Pillow does. */

/** A filter that is widened where an image becomes smaller. */
export interface Filter {
  /** Half the filter's width, in pixels of the coarser grid. */
  support: number;
  /** Of a pixel at distance x. */
  weight: (x: number) => number;
}

/** The mean of the pixels that fall together. */
export const BOX: Filter = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };

/** Keys' cubic with a = -1/2. */
export const BICUBIC: Filter = {
  support: 2,
  weight: (x) => {
    const d = Math.abs(x);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
  },
};

/** A sinc in a window of three of its lobes to each side. */
export const LANCZOS: Filter = {
  support: 3,
  weight: (x) => Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0,
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * Resizes rows of `from` pixels to `to`, crops each to the `count` pixels from `start` on, and
 * transposes the image, `[lines, from, channels]` to `[count, lines, channels]`: two calls resize
 * both axes.
 */
export function resample(
  pixels: Uint8Array,
  { from, to, start = 0, count, channels }: {
    from: number;
    to: number;
    start?: number;
    count: number;
    channels: number;
  },
  filter: Filter,
): Uint8Array {
  const lines = pixels.length / from / channels;
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = filter.support * widening;
  const resized = new Uint8ClampedArray(count * lines * channels);
  for (let i = 0; i < count; i++) {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const last = Math.min(Math.floor(centre + reach + 0.5), from);
    const weights = new Float64Array(last - first);
    for (let k = 0; k < weights.length; k++) {
      weights[k] = filter.weight((first + k + 0.5 - centre) / widening);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let line = 0; line < lines; line++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let at = (line * from + first) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k] * pixels[at];
        resized[(i * lines + line) * channels + c] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return new Uint8Array(resized.buffer);
}
