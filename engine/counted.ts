/** A number of things: "1 image", "2,000 images". */
export function counted(n: number, thing: string, things: string = `${thing}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? thing : things}`;
}
