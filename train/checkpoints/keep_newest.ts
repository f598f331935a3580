/**
 * Which checkpoints of a run are not like the others.
 * @category Checkpoints
 */
export interface Exceptions {
  /** The step of the best, which stays; null where none is known. */
  readonly best?: number | null;
  /** Steps of those that cannot be used, which take no place of one that can. */
  readonly unusable?: ReadonlySet<number>;
}

/**
 * The checkpoints to remove so that the `keep` newest remain, at least one, and the best.
 *
 * @param checkpoints newest first
 */
export function beyondKept<T extends { readonly step: number }>(
  checkpoints: readonly T[],
  keep: number,
  { best = null, unusable = new Set() }: Exceptions = {},
): T[] {
  const usable = checkpoints.filter(({ step }) => !unusable.has(step));
  const others = checkpoints.filter(({ step }) => unusable.has(step));
  return [...usable, ...others].slice(Math.max(1, keep)).filter(({ step }) => step !== best);
}
