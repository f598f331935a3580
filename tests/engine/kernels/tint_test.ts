import assert from "node:assert/strict";
import { IS_FULL } from "../../adapter_kinds.ts";
import { kernelTexts } from "./kernel_texts.ts";
import { refusedByTint } from "./tint.ts";

Deno.test("browsers' compiler accepts every kernel that any class of adapter would be given", async () => {
  const texts = kernelTexts(IS_FULL);
  assert.ok(texts.length > (IS_FULL ? 5000 : 1200), `only ${texts.length} texts`);
  const refused = await refusedByTint(texts);
  console.log(`${texts.length} texts, of which Tint refuses ${refused.length}`);
  assert.deepEqual(refused, []);
});

const MAIN = "@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32)";
const WRONG: readonly { readonly why: string; readonly code: string }[] = [
  { why: "unresolved call", code: `${MAIN} { g(); }` },
  { why: "unresolved call", code: `enable f16; ${MAIN} { g(); }` },
  { why: "uniform control flow", code: `${MAIN} { if (i < 2) { workgroupBarrier(); } }` },
  { why: "subgroups", code: `${MAIN} { let x = subgroupAdd(i); }` },
  { why: "workgroup storage", code: `var<workgroup> a: array<f32, 4097>; ${MAIN} { a[i] = 1; }` },
];

Deno.test("a kernel that browsers would refuse is found, with the reason", async () => {
  for (const { why, code } of WRONG) {
    const refused = await refusedByTint([{ code, usesSubgroups: false }]);
    assert.equal(refused.length, 1, code);
    assert.ok(refused[0].includes(why), refused[0]);
  }
});
