/**
 * FID while training.
 * @category Configuration
 */
export interface FidConfig {
  /** Images drawn at each checkpoint; 0: no FID. */
  n_samples: number;
  /** A name in the table of samplers. */
  algorithm: string;
  /** Network evaluations per image. */
  sample_steps: number;
  /** Images drawn at once. */
  mini_batch_size: number;
  /** Images of the final FID, of the best checkpoint; null: `n_samples`. */
  final_n_samples: number | null;
  /** Network evaluations per image of the final FID; null: `sample_steps`. */
  final_sample_steps: number | null;
  /** `.npz` of the data's mean and covariance; null: computed once. */
  stats: string | null;
  /** File of Inception's weights; null: downloaded once. */
  inception: string | null;
}

/**
 * Evaluation while training.
 * @category Configuration
 */
export interface EvalConfig {
  /** FID at each checkpoint. */
  fid: FidConfig;
}

/** No evaluation: every default. */
export const EVAL_OFF: EvalConfig = {
  fid: {
    n_samples: 0,
    algorithm: "dpm_solver",
    sample_steps: 50,
    mini_batch_size: 64,
    final_n_samples: null,
    final_sample_steps: null,
    stats: null,
    inception: null,
  },
};
