import assert from "node:assert/strict";
import { bufferLine, bufferReport } from "../../../tasks/doctor/buffer_report.ts";

const upTo = (most: number) => (bytes: number) => Promise.resolve(bytes <= most);

Deno.test("bufferReport() allocates up to 1024 MB, or to the adapter's limit", async () => {
  assert.deepEqual(await bufferReport(upTo(2e9), 4e9), { allocated: 1024, refused: null });
  assert.deepEqual(await bufferReport(upTo(2e9), 2 ** 28), { allocated: 256, refused: null });
});

Deno.test("bufferReport() finds a card that refuses buffers, and the line has the remedy", async () => {
  const report = await bufferReport(upTo(100e6), 4e9);
  assert.deepEqual(report, { allocated: 64, refused: 128 });
  assert.match(bufferLine(report), /^refuses 128 MB .*256 MB BAR.*Resizable BAR[^\n]*--device$/);
  assert.equal(bufferLine({ allocated: 1024, refused: null }), "up to 1024 MB allocated");
});
