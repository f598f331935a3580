import { ShapeError } from "../../engine/mod.ts";

/**
 * The scale factor that belongs to data: 1 over the standard deviation of its latents, over all
 * channels and positions, as latent diffusion takes it of its first batch. The latents' own noise
 * counts.
 *
 * @param moments `[n, 2 C, h, w]`, as `ImageEncoder` gives them for some images of the data
 * @param shape `[2 C, h, w]`
 * @throws {ShapeError} where the moments are no whole number of images, or none
 * @category Training
 */
export function scaleFactorOf(
  moments: Float32Array,
  shape: readonly [channels: number, height: number, width: number],
): number {
  const size = shape.reduce((n, d) => n * d, 1);
  const images = moments.length / size;
  if (images === 0 || !Number.isInteger(images) || shape[0] % 2 !== 0) {
    throw new ShapeError(
      `scale factor: ${moments.length} values are no whole number of moments [${shape}]`,
    );
  }
  let [sum, squares, variances] = [0, 0, 0];
  for (let first = 0; first < moments.length; first += size) {
    for (let i = 0; i < size / 2; i++) {
      const mean = moments[first + i];
      sum += mean;
      squares += mean * mean;
      variances += Math.exp(Math.max(-30, Math.min(20, moments[first + size / 2 + i])));
    }
  }
  const n = moments.length / 2;
  return 1 / Math.sqrt((squares + variances) / n - (sum / n) ** 2);
}
