import assert from "node:assert/strict";
import {
  multiplyAddShare,
  roundTrips,
  workgroupMemoryShare,
} from "../../../tasks/bench/compiled/bounds.ts";
import { loopsOf, multiplyAdds, withInner } from "../../../tasks/bench/compiled/program.ts";
import { turnOf } from "../../../tasks/bench/compiled/turns.ts";

/** As Mesa prints it: an outer loop with a load, an inner one of two blocks with two jumps back. */
const ASSEMBLY = `
BB0:
	s_mov_b32 s0, 0                                             ; be800080
BB1:
	buffer_load_dwordx4 v[0:3], v4, s[4:7], 0 offen             ; e0381000 80010004
	s_waitcnt vmcnt(0)                                          ; bf8c3f70
	v_mul_lo_u32 v5, v4, v6                                     ; d5690005
	ds_write_b128 v5, v[0:3]                                    ; d87c0000
BB2:
	ds_read_b128 v[8:11], v5                                    ; d9fc0000
	v_fma_f32 v12, v8, v9, v12                                  ; d54b000c
	v_add_nc_u32_e32 v5, 16, v5                                 ; 4a0a0a90
	s_cbranch_scc0 BB2                                          ; bf840000
BB3:
	v_dual_fmac_f32 v13, v10, v11 :: v_dual_mov_b32 v14, v15    ; c8000000
	s_cbranch_scc1 BB2                                          ; bf850000
BB4:
	s_waitcnt vmcnt(0)                                          ; bf8c3f70
	s_cbranch_scc0 BB1                                          ; bf840000
BB5:
	v_fma_f32 v12, v8, v9, v12                                  ; d54b000c
	s_endpgm                                                    ; bf810000
`;
const WGSL = `
  for (var k0 = 0u; k0 < p.k; k0 += 16u) {
    for (var k = 0u; k < 16u * one; k += 4u) { }
  }`;

const rdna3 = { generation: "rdna3", subgroupSize: 64 } as const;
const rdna = { generation: "rdna", subgroupSize: 64 } as const;
const gcn = { generation: "gcn", subgroupSize: 64 } as const;

Deno.test("loopsOf() finds loops by their jumps back, and what is in each alone", () => {
  const [outer, ...others] = loopsOf(ASSEMBLY);
  assert.deepEqual(others, []);
  assert.deepEqual(outer.own.map(({ kind }) => kind), [
    ...["load", "wait", "vector", "lds"],
    ...["wait", "other"],
  ]);
  const [, inner] = withInner(outer);
  assert.deepEqual([multiplyAdds(outer), multiplyAdds(inner)], [0, 2]);
  assert.deepEqual(inner.own.map(({ op }) => op), [
    ...["ds_read_b128", "v_fma_f32", "v_add_nc_u32_e32", "s_cbranch_scc0"],
    ...["v_dual_fmac_f32", "v_dual_mov_b32", "s_cbranch_scc1"],
  ]);
});

Deno.test("turnOf() repeats an inner loop as often as the WGSL says, or does not know", () => {
  const [outer] = loopsOf(ASSEMBLY);
  const turn = turnOf(outer, WGSL)!;
  assert.equal(turn.length, 6 + 4 * 7);
  assert.equal(turnOf(outer, "for (var k = 0u; k < p.k; k++) {"), null);
  const tokens = `for (var start = 0u; start < length; start += 32u) {
    for (var j = from; j < count; j += 4u) { } }`;
  assert.equal(turnOf(outer, tokens)!.length, 6 + 8 * 7);
});

Deno.test("bounds count the cycles of each generation's vector units", () => {
  const [outer] = loopsOf(ASSEMBLY);
  const turn = turnOf(outer, WGSL)!;
  // Of a turn: 4 (fma + add + half an fma + half a move), and a slow product.
  const shares = [rdna3, rdna, gcn].map((target) => multiplyAddShare(turn, target));
  assert.deepEqual(shares, [
    4 * 1.5 / (4 * (1 + 2 + 1) + 8),
    4 * 2.5 / (4 * (2 + 2 + 1) + 8),
    4 * 4.5 / (4 * (4 + 4 + 1) + 16),
  ]);
  // A write and four reads of 16 bytes by 64 invocations, at 64 or 32 bytes a cycle.
  const memory = [rdna3, rdna, gcn].map((target) => workgroupMemoryShare(turn, target));
  assert.deepEqual(memory, [6 / (5 * 16), 10 / (5 * 16), 18 / (5 * 32)]);
  assert.equal(workgroupMemoryShare([], rdna3), null);
  assert.equal(roundTrips(turn), 1);
});
