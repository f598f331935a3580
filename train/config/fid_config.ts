import { z } from "zod";

/** FID while training. */
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

/** Evaluation while training. */
export interface EvalConfig {
  /** FID at each checkpoint. */
  fid: FidConfig;
}

const count = z.int().min(1);

const fid = z.strictObject({
  n_samples: z.int().min(0).default(0)
    .describe("images drawn at each checkpoint for its FID; 0: none, no FID"),
  algorithm: z.string().min(1).default("dpm_solver").describe(
    "sampler that makes these images",
  ),
  sample_steps: count.default(50).describe("network evaluations per image"),
  mini_batch_size: count.default(64).describe("images drawn at once: memory and speed only"),
  final_n_samples: count.nullable().default(null)
    .describe("images of a final FID, of the best checkpoint; null: as n_samples"),
  final_sample_steps: count.nullable().default(null)
    .describe("sample_steps of the final FID; null: the same; both null: no final FID"),
  stats: z.string().min(1).nullable().default(null)
    .describe(
      ".npz of the data's mean and covariance; null: computed once and kept in the workdir",
    ),
  inception: z.string().min(1).nullable().default(null)
    .describe(
      "weights of Inception, the network of FID, .pth or .safetensors; null: downloaded once",
    ),
});

/** Checks {@linkcode EvalConfig}; whatever is missing, in part or whole, has its default. */
export const evalSchema: z.ZodType<EvalConfig> = z.strictObject({
  fid: fid.describe(
    "FID at each checkpoint: how far samples of the averaged weights are from the data",
  )
    .prefault({}),
}).describe("evaluation while training").prefault({});

/** No evaluation: every default. */
export const EVAL_OFF: EvalConfig = evalSchema.parse({});
