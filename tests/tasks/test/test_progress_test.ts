import assert from "node:assert/strict";
import { testArguments } from "../../../tasks/test/test_arguments.ts";
import { countTestFiles, TestProgress } from "../../../tasks/test/test_progress.ts";

Deno.test("testArguments() runs files side by side unless --serial is given", () => {
  assert.ok(testArguments([]).includes("--parallel"));
  assert.equal(testArguments(["--parallel"]).filter((arg) => arg === "--parallel").length, 1);
  const serial = testArguments(["--serial", "--filter", "lock", "tests/tasks"]);
  assert.ok(!serial.includes("--parallel") && !serial.includes("--serial"));
  assert.deepEqual(serial.slice(-3), ["--filter", "lock", "tests/tasks"]);
});

Deno.test("TestProgress counts files and tests of either reporter, in pieces, colours or not", () => {
  const progress = new TestProgress(3);
  progress.add("running 2 tests from ./tests/a_test.ts\none ... ok (1ms)\ntwo ... FAI");
  progress.add("LED (2ms)\n./tests/b_test.ts => three ... \x1b[32mok\x1b[0m (1ms)\n");
  progress.add("  a step ... ok (1ms)\n./tests/b_test.ts => four ... ignored (0ms)\n");
  assert.match(progress.text(65), /^2 of 3 files, 4 tests, \S/);
});

Deno.test("countTestFiles() counts below folders, and single files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/deep`);
    for (const name of ["a_test.ts", "a.ts", "deep/b_test.ts", "deep/c.json"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    assert.equal(await countTestFiles([folder]), 2);
    assert.equal(await countTestFiles([`${folder}/a_test.ts`, `${folder}/none`]), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
