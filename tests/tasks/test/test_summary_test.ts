import assert from "node:assert/strict";
import { formatTestSummary, readTestSummary } from "../../../tasks/test/test_summary.ts";

Deno.test("readTestSummary() reads the last summary, colours or not", () => {
  assert.deepEqual(
    readTestSummary(
      "ok | 99 passed | 0 failed (1ms)\n  x ... ok\n\n" +
        "FAILED | 12 passed (3 steps) | 2 failed (1 step) | 4 ignored (5 steps) | 6 filtered out (2s)\n",
    ),
    { passed: 12, failed: 2, skipped: 4 },
  );
  assert.deepEqual(
    readTestSummary(
      "\x1b[0m\x1b[32mok\x1b[0m | 7 passed | 0 failed \x1b[0m\x1b[38;5;245m(12ms)\x1b[0m\n",
    ),
    { passed: 7, failed: 0, skipped: 0 },
  );
});

Deno.test("readTestSummary() counts tests that did not load as a failure", () => {
  assert.deepEqual(readTestSummary("error: Type checking failed.\n"), {
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

Deno.test("formatTestSummary() names what was skipped only where something was", () => {
  assert.equal(formatTestSummary({ passed: 12, failed: 0, skipped: 0 }), "12 passed, 0 failed");
  assert.equal(
    formatTestSummary({ passed: 1, failed: 2, skipped: 3 }),
    "1 passed, 2 failed, 3 skipped",
  );
});
