import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../files/durable.ts";

/** The FID of a checkpoint. */
export interface FidScore {
  /** Optimizer steps done. */
  readonly step: number;
  /** Frechet Inception Distance; lower is better. */
  readonly fid: number;
}

/** The FIDs of a run's checkpoints, and the best of them. */
export interface BestRecord {
  /** The score with the lowest FID. */
  readonly best: FidScore;
  /** All scores of one kind, by step. */
  readonly scores: readonly FidScore[];
  /** Everything that a score depends on, as text; only scores of the same kind are comparable. */
  readonly kind: string;
  /** A second FID of the best, of a kind of its own; null until it is measured. */
  readonly final: (FidScore & { readonly kind: string }) | null;
}

const score = z.object({ step: z.int(), fid: z.number() });
const schema: z.ZodType<BestRecord> = z.object({
  best: score,
  scores: z.array(score).min(1),
  kind: z.string(),
  final: score.extend({ kind: z.string() }).nullable(),
});

/** The file in a run's checkpoints folder that records the best of them. */
export function bestFile(workdir: string): string {
  return join(workdir, "checkpoints", "best.json");
}

/**
 * Reads the record of a run that has done `step` steps; scores of later steps are dropped, as those
 * steps will be repeated. Null where it is missing, damaged, or of another `kind`.
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

/** The record with a score added, which replaces an older one of the same step. */
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
