import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../formats/durable.ts";

/** A checkpoint's FID. */
export interface FidScore {
  /** Optimizer steps done. */
  readonly step: number;
  readonly fid: number;
}

/** A run's FIDs, and the checkpoint that is best by them. */
export interface BestRecord {
  /** The lowest of `scores`. */
  readonly best: FidScore;
  /** All that can be compared with each other, by step. */
  readonly scores: readonly FidScore[];
  /** What they depend on, in words; scores of another kind are not compared. */
  readonly kind: string;
  /** One more FID of the best, of its own kind; null until it is known. */
  readonly final: (FidScore & { readonly kind: string }) | null;
}

const score = z.object({ step: z.int(), fid: z.number() });
const schema: z.ZodType<BestRecord> = z.object({
  best: score,
  scores: z.array(score).min(1),
  kind: z.string(),
  final: score.extend({ kind: z.string() }).nullable(),
});

/** The file that marks the best checkpoint of a run, among its checkpoints. */
export function bestFile(workdir: string): string {
  return join(workdir, "checkpoints", "best.json");
}

/**
 * The record of a run that has done `step` steps; later ones are forgotten, as they will be done
 * again. Null where there is none, it is damaged, or its scores are of another `kind`.
 */
export async function readBest(
  workdir: string,
  { step, kind }: { step: number; kind: string },
): Promise<BestRecord | null> {
  const record = await read(bestFile(workdir));
  if (record?.kind !== kind) return null;
  const scores = record.scores.filter((score) => score.step <= step);
  if (scores.length === 0) return null;
  const best = lowest(scores);
  const final = record.final?.step === best.step ? record.final : null;
  return { best, scores, kind, final };
}

/** The record with one score more, which replaces an older one of its step. */
export function withScore(record: BestRecord | null, score: FidScore, kind: string): BestRecord {
  const others = record?.scores.filter(({ step }) => step !== score.step) ?? [];
  const scores = [...others, score].sort((a, b) => a.step - b.step);
  return { best: lowest(scores), scores, kind, final: null };
}

/** Writes the record, atomically. */
export async function writeBest(workdir: string, record: BestRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await replaceFile(bestFile(workdir), new TextEncoder().encode(text));
}

function lowest(scores: readonly FidScore[]): FidScore {
  return scores.reduce((best, score) => score.fid < best.fid ? score : best);
}

async function read(file: string): Promise<BestRecord | null> {
  try {
    return schema.safeParse(JSON.parse(await Deno.readTextFile(file))).data ?? null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}
