import { stripVTControlCharacters } from "node:util";

/** How a run of tests went, as counts of tests. */
export interface TestSummary {
  /** Tests that held. */
  passed: number;
  /** Tests that did not hold, or could not be loaded. */
  failed: number;
  /** Tests that were told not to run here. */
  skipped: number;
}

/**
 * Reads the counts from what `deno test` printed. The last summary counts, so that one that a test
 * prints itself does no harm; without any (the tests did not even load) it is one failure.
 */
export function readTestSummary(output: string): TestSummary {
  const summaries = stripVTControlCharacters(output).matchAll(
    /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed([^\n]*)/gm,
  );
  const last = [...summaries].at(-1);
  if (last === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const ignored = /\| (\d+) ignored/.exec(last[3])?.[1];
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(ignored ?? 0) };
}

/** Says the counts in the line a run of tests ends with: `12 passed, 0 failed`. */
export function formatTestSummary({ passed, failed, skipped }: TestSummary): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
