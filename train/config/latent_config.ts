/**
 * The autoencoder between images and the latents that a network is trained on.
 * @category Configuration
 */
export interface LatentConfig {
  /** The file of its weights, with which what is drawn is decoded; null: nothing is drawn. */
  weights: string | null;
  /** What a latent is multiplied by for the network, so that it varies about as much as noise. */
  scale_factor: number;
}

/** The factor of Stable Diffusion's first autoencoder. */
export const DEFAULT_LATENTS: LatentConfig = { weights: null, scale_factor: 0.18215 };
