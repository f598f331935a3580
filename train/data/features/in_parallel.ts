/** Files that are read at the same time. */
const PARALLEL = 16;

/** Does the work of 0 to n - 1, some at the same time, begun in this order. */
export async function inParallel(n: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < n) await work(next++);
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
}
