import { z } from "zod";

/** FID while training. */
export interface FidConfig {
  n_samples: number;
  /** A name in the table of samplers. */
  algorithm: string;
  sample_steps: number;
  mini_batch_size: number;
  final_n_samples: number | null;
  final_sample_steps: number | null;
  stats: string | null;
  inception: string | null;
}

/** How a run is judged. */
export interface EvalConfig {
  fid: FidConfig;
}

const count = z.int().min(1);

const fid = z.strictObject({
  n_samples: z.int().min(0).default(0)
    .describe("images drawn at each checkpoint for its FID; 0: none, no FID"),
  algorithm: z.string().min(1).default("dpm_solver").describe(
    "sampler that makes these images",
  ),
  sample_steps: count.default(50).describe("times the network is asked per image"),
  mini_batch_size: count.default(64).describe("images drawn at once: memory and speed only"),
  final_n_samples: count.nullable().default(null)
    .describe("images of one more FID at the end, of the best checkpoint; null: as n_samples"),
  final_sample_steps: count.nullable().default(null)
    .describe("its sample_steps; null: the same; both null: no such FID"),
  stats: z.string().min(1).nullable().default(null)
    .describe(
      ".npz of the data's mean and covariance; null: worked out once and kept in the workdir",
    ),
  inception: z.string().min(1).nullable().default(null)
    .describe(
      "weights of Inception, the network that FID sees with, .pth or .safetensors; null: fetched once",
    ),
});

/** Checks {@linkcode EvalConfig}; whatever is missing, in part or whole, has its default. */
export const evalSchema: z.ZodType<EvalConfig> = z.strictObject({
  fid: fid.describe(
    "FID at each checkpoint: how far images of the averaged weights are from the data",
  )
    .prefault({}),
}).describe("how a run is judged").prefault({});

/** No judgement: every default. */
export const EVAL_OFF: EvalConfig = evalSchema.parse({});
