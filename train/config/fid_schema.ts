import { z } from "zod";
import { EVAL_OFF, type EvalConfig } from "./fid_config.ts";

const { fid: FID } = EVAL_OFF;
const count = z.int().min(1);

const fid = z.strictObject({
  n_samples: z.int().min(0).default(FID.n_samples)
    .describe("images drawn at each checkpoint for its FID; 0: none, no FID"),
  algorithm: z.string().min(1).default(FID.algorithm).describe(
    "sampler that makes these images",
  ),
  sample_steps: count.default(FID.sample_steps).describe("network evaluations per image"),
  mini_batch_size: count.default(FID.mini_batch_size).describe(
    "images drawn at once: memory and speed only",
  ),
  final_n_samples: count.nullable().default(FID.final_n_samples)
    .describe("images of a final FID, of the best checkpoint; null: as n_samples"),
  final_sample_steps: count.nullable().default(FID.final_sample_steps)
    .describe("sample_steps of the final FID; null: the same; both null: no final FID"),
  stats: z.string().min(1).nullable().default(FID.stats)
    .describe(
      ".npz of the data's mean and covariance; null: computed once and kept in the workdir",
    ),
  inception: z.string().min(1).nullable().default(FID.inception)
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
