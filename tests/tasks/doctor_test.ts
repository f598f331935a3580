import assert from "node:assert/strict";
import { ensureAdapter } from "../../tasks/cli/setup/ensure_adapter.ts";
import { runScript } from "./run_script.ts";

const runDoctor = (...args: string[]) => runScript("doctor.ts", ...args);

Deno.test("doctor --json describes the adapter that WebGPU gives", async () => {
  const { code, out } = await runDoctor("--json");
  assert.equal(code, 0);
  const report = JSON.parse(out);
  await ensureAdapter();
  const adapter = await navigator.gpu.requestAdapter();
  assert.equal(report.adapter.description, adapter?.info.description);
  assert.equal(report.adapter.isFallback, adapter?.info.isFallbackAdapter);
  assert.equal(report.limits.maxBufferSize, adapter?.limits.maxBufferSize);
  assert.equal(report.features["shader-f16"], adapter?.features.has("shader-f16"));
  assert.equal(report.system.deno, Deno.version.deno);
});

Deno.test("doctor prints its sections with sizes in units", async () => {
  const { code, out } = await runDoctor();
  assert.equal(code, 0);
  for (const heading of ["System", "Adapter", "Limits", "Features"]) {
    assert.match(out, new RegExp(`^${heading}$`, "m"));
  }
  assert.match(out, /^ {2}maxComputeWorkgroupStorageSize +\d+ KiB$/m);
});

Deno.test("doctor refuses an unknown flag in one line with exit code 2", async () => {
  const { code, out, err } = await runDoctor("--jsn");
  assert.deepEqual({ code, out }, { code: 2, out: "" });
  assert.match(err, /^--jsn: [^\n]*--json[^\n]*\n$/);
});
