import {
  compile,
  constant,
  conv2d,
  type Conv2dOptions,
  type Device,
  grad,
  type Shape,
  sum,
  type Tensor,
} from "../../engine/mod.ts";
import { median, pairedTimes } from "../../engine/testing/paired_times.ts";
import { plainProduct } from "./plain_product.ts";
import { uniform } from "./uniform.ts";

/** One direction of a convolution, compared with a matrix product of this engine. */
export interface ConvolutionRow {
  /** `256 -> 128, 3 x 3, 32 x 32`: channels, kernel, input, and the stride where it is not 1. */
  readonly sizes: string;
  readonly direction: Direction;
  readonly batch: number;
  readonly ms: number;
  readonly gflops: number;
  /** The convolution's rate over the product's, the median of the rounds. */
  readonly fraction: number;
}

type Direction = "forward" | "input gradient" | "weight gradient";

interface Sizes extends Pick<Conv2dOptions, "stride" | "padding"> {
  /** Channels and height, which is the width too. */
  readonly x: readonly [channels: number, size: number];
  readonly weight: readonly [out: number, height: number, width: number];
}

/** The UNet's convolutions for CIFAR-10, and some of Inception's, which go forward alone. */
const UNET: readonly Sizes[] = [
  { x: [128, 32], weight: [128, 3, 3], padding: 1 },
  { x: [256, 16], weight: [256, 3, 3], padding: 1 },
  { x: [256, 8], weight: [256, 3, 3], padding: 1 },
  { x: [512, 8], weight: [256, 3, 3], padding: 1 },
  {
    x: [128, 32],
    weight: [128, 3, 3],
    stride: 2,
    padding: { top: 0, bottom: 1, left: 0, right: 1 },
  },
];
const INCEPTION: readonly Sizes[] = [
  { x: [80, 73], weight: [192, 3, 3] },
  { x: [288, 35], weight: [64, 1, 1] },
  { x: [96, 35], weight: [96, 3, 3], padding: 1 },
  { x: [192, 17], weight: [192, 1, 7], padding: [0, 3] },
  { x: [448, 8], weight: [384, 3, 3], padding: 1 },
];

/** Times each convolution in turns with the product. */
export async function convolutionRows(
  device: Device,
  rounds: number,
  onStart: (sizes: string) => void,
): Promise<ConvolutionRow[]> {
  const batch = device.capabilities.adapterClass === "software" ? 4 : 64;
  using product = await plainProduct(device);
  const rows: ConvolutionRow[] = [];
  const time = async (s: Sizes, directions: readonly Direction[]) => {
    const sizes = textOf(s);
    for (const direction of directions) {
      onStart(`${sizes}, ${direction}`);
      const { output, flops } = trace(s, batch, direction);
      using plan = await compile(device, { outputs: { output } });
      const [ours, products] = await pairedTimes([
        async (times) => {
          for (let i = 0; i < times; i++) plan.run();
          await device.idle();
        },
        product.run,
      ], rounds);
      rows.push({
        sizes,
        direction,
        batch,
        ms: median(ours),
        gflops: flops / median(ours) / 1e6,
        fraction: median(ours.map((ms, i) => flops / ms / (product.flops / products[i]))),
      });
    }
  };
  for (const s of UNET) await time(s, ["forward", "input gradient", "weight gradient"]);
  for (const s of INCEPTION) await time(s, ["forward"]);
  return rows;
}

function textOf({ x: [channels, size], weight: [out, height, width], stride }: Sizes): string {
  const text = `${channels} -> ${out}, ${height} x ${width}, ${size} x ${size}`;
  return stride === undefined ? text : `${text}, stride ${stride}`;
}

function trace(
  { x: [channels, size], weight: [out, height, width], stride, padding }: Sizes,
  batch: number,
  direction: Direction,
): { output: Tensor; flops: number } {
  const noise = (shape: Shape, which: number) =>
    constant(uniform(shape.reduce((n, d) => n * d), 1, which), shape);
  const x = noise([batch, channels, size, size], 0);
  const weight = noise([out, channels, height, width], 1);
  const y = conv2d(x, weight, { stride, padding });
  const flops = 2 * y.size * channels * height * width;
  if (direction === "forward") return { output: y, flops };
  // The gradient of the sum is 1 everywhere, a constant that costs one short kernel.
  const [gradient] = grad(sum(y), [direction === "input gradient" ? x : weight]);
  return { output: gradient, flops };
}
