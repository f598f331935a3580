import { stripVTControlCharacters } from "node:util";

/** Results of a test run, as numbers of tests. */
export interface TestSummary {
  /** Tests that passed. */
  passed: number;
  /** Tests that failed or could not be loaded. */
  failed: number;
  /** Tests that were ignored here. */
  skipped: number;
}

/**
 * Parses the output of `deno test`. The last summary counts, as tests may print some themselves;
 * without any, as where the tests cannot be loaded, there is one failure.
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

/** The line that ends a test run: `12 passed, 0 failed`. */
export function formatTestSummary({ passed, failed, skipped }: TestSummary): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
