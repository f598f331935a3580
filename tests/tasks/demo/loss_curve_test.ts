import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { lossCurve } from "../../../tasks/demo/page/loss_curve.ts";

const BOX = { first: 0, width: 300, height: 100 };

function pointsOf(text: string): [x: number, y: number][] {
  return text.split(" ").map((point) => point.split(",").map(Number) as [number, number]);
}

Deno.test("a loss curve lies in its box, with marks at round losses", () => {
  const { losses, average, marks } = lossCurve([1, 0.5, 0.25, 0.125], { ...BOX, n_steps: 7 });
  deepEqual(pointsOf(losses).map(([x]) => x), [0, 50, 100, 150]);
  ok(
    pointsOf(losses).every(([, y], i, all) => y >= 0 && y <= 100 && (i === 0 || y > all[i - 1][1])),
  );
  equal(pointsOf(average).length, 4);
  deepEqual(marks.map(({ text }) => text), ["0.2", "0.5", "1"]);
  deepEqual(lossCurve([], { ...BOX, n_steps: 7 }).losses, "");
});

Deno.test("of many losses in one column the extremes stay", () => {
  const values = Array.from({ length: 100_000 }, (_, i) => i === 77_777 ? 5 : 0.5 + i % 10 / 100);
  const points = pointsOf(lossCurve(values, { ...BOX, n_steps: 100_000 }).losses);
  ok(points.length <= 2 * 301, `${points.length} points`);
  equal(points.filter(([, y]) => y < 20).length, 1);
});
