import {
  add,
  affine,
  avgPool2d,
  concat,
  conv2d,
  input,
  linear,
  maxPool2d,
  mean,
  relu,
  resizeBilinear,
  type Shape,
  ShapeError,
  type Tensor,
} from "../engine/mod.ts";

/**
 * Gives the tensor of a parameter; called once for each.
 * @category Networks
 */
export type InceptionLeaf = (name: string, shape: Shape) => Tensor;

/**
 * Outputs of {@linkcode inception}, and activations on the way, for a batch of n.
 * @category Networks
 */
export interface InceptionOutputs {
  /** `[n, 64, 73, 73]`, after the first max pooling. */
  readonly block0: Tensor;
  /** `[n, 192, 35, 35]`, after the second. */
  readonly block1: Tensor;
  /** `[n, 768, 17, 17]`, before the auxiliary classifier of other variants. */
  readonly block2: Tensor;
  /** `[n, 2048]`, the means over the image of the last block: the features of FID. */
  readonly pool: Tensor;
  /** `[n, 1008]`, before the softmax. */
  readonly logits: Tensor;
  /** `[n, 1008]` without the bias of `fc`: the logits of the Inception Score's authors. */
  readonly logits_unbiased: Tensor;
}

/**
 * Height and width of the network's input, pixels.
 * @category Networks
 */
export const INCEPTION_SIZE = 299;

/** `eps` of its batch norms. */
const EPS = 0.001;

/**
 * Images as the network's input: resized (bilinear, half-pixel centres, no antialiasing), and scaled
 * to -1..1.
 *
 * @param images `[n, 3, height, width]` in 0..`top`, of any size
 * @returns `[n, 3, 299, 299]`
 * @category Networks
 */
export function inceptionInput(images: Tensor, top: number): Tensor {
  return affine(resizeBilinear(images, INCEPTION_SIZE, INCEPTION_SIZE), 2 / top, -1);
}

/**
 * The Inception v3 of FID (Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016), as
 * exported by its authors on 2015-12-05: unlike torchvision's, average pooling excludes the padding,
 * and the last block's pooling branch takes the maximum instead of the mean. Batch norms are folded
 * into the convolutions, see {@linkcode foldBatchNorm}.
 *
 * @param x `[n, 3, 299, 299]` in -1..1, see {@linkcode inceptionInput}
 * @param leaf parameters by the names of {@linkcode inceptionShapes}
 * @throws {ShapeError} for images of another size
 * @category Networks
 */
export function inception(x: Tensor, leaf: InceptionLeaf): InceptionOutputs {
  const expected = [3, INCEPTION_SIZE, INCEPTION_SIZE];
  if (x.shape.length !== 4 || expected.some((n, i) => x.shape[i + 1] !== n)) {
    throw new ShapeError(
      `inception: takes [n, ${expected.join(", ")}], not [${x.shape.join(", ")}]`,
    );
  }
  const layers = layersOf(leaf);
  const { conv, valid } = layers;
  const halve = (x: Tensor) => maxPool2d(x, { kernel_size: 3, stride: 2 });

  let h = valid("Conv2d_1a_3x3", x, 32, 2);
  h = valid("Conv2d_2a_3x3", h, 32, 1);
  h = conv("Conv2d_2b_3x3", h, 64, 3);
  const block0 = h = halve(h);
  h = conv("Conv2d_3b_1x1", h, 80, 1);
  h = valid("Conv2d_4a_3x3", h, 192, 1);
  const block1 = h = halve(h);
  h = inceptionA(layers, "Mixed_5b", h, 32);
  h = inceptionA(layers, "Mixed_5c", h, 64);
  h = inceptionA(layers, "Mixed_5d", h, 64);
  h = inceptionB(layers, "Mixed_6a", h);
  h = inceptionC(layers, "Mixed_6b", h, 128);
  h = inceptionC(layers, "Mixed_6c", h, 160);
  h = inceptionC(layers, "Mixed_6d", h, 160);
  const block2 = h = inceptionC(layers, "Mixed_6e", h, 192);
  h = inceptionD(layers, "Mixed_7a", h);
  h = inceptionE(layers, "Mixed_7b", h, meanAround);
  h = inceptionE(layers, "Mixed_7c", h, largestAround);
  const pool = mean(h, [2, 3]);
  const logits_unbiased = linear(pool, leaf("fc.weight", [1008, 2048]));
  const logits = add(logits_unbiased, leaf("fc.bias", [1008]));
  return { block0, block1, block2, pool, logits, logits_unbiased };
}

/**
 * Shapes of {@linkcode inception}'s parameters by name, such as `Mixed_5b.branch1x1.conv.weight`.
 * @category Networks
 */
export function inceptionShapes(): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  inception(input("x", [1, 3, INCEPTION_SIZE, INCEPTION_SIZE]), (name, shape) => {
    shapes[name] = shape;
    return input(name, shape);
  });
  return shapes;
}

/**
 * Shapes of the published state dict by name: batch norms instead of the convolutions' biases.
 * @category Networks
 */
export function inceptionStateShapes(): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const [name, shape] of Object.entries(inceptionShapes())) {
    if (!name.endsWith(CONV_BIAS)) shapes[name] = shape;
    else for (const key of normKeys(name)) shapes[key] = shape;
  }
  return shapes;
}

/**
 * The parameters of {@linkcode inception} from a state dict: the batch norm after a convolution
 * becomes a factor on its weight, and a bias. Computed in float64.
 *
 * @param state every tensor of {@linkcode inceptionStateShapes}
 * @category Networks
 */
export function foldBatchNorm(
  state: Readonly<Record<string, Float32Array>>,
): Record<string, Float32Array> {
  const folded: Record<string, Float32Array> = {};
  for (const name of Object.keys(inceptionShapes())) {
    if (!name.endsWith(CONV_BIAS)) {
      folded[name] = state[name];
      continue;
    }
    const [gamma, beta, average, variance] = normKeys(name).map((key) => state[key]);
    const weight = `${name.slice(0, -CONV_BIAS.length)}.conv.weight`;
    const fan = state[weight].length / gamma.length;
    const factor = Array.from(gamma, (g, i) => g / Math.sqrt(variance[i] + EPS));
    folded[weight] = state[weight].map((w, i) => w * factor[Math.floor(i / fan)]);
    folded[name] = beta.map((b, i) => b - average[i] * factor[i]);
  }
  return folded;
}

const CONV_BIAS = ".conv.bias";

/** Keys of the batch norm behind a convolution's bias: factor, offset, mean and variance. */
function normKeys(bias: string): string[] {
  const layer = bias.slice(0, -CONV_BIAS.length);
  return ["weight", "bias", "running_mean", "running_var"].map((key) => `${layer}.bn.${key}`);
}

type Kernel = number | readonly [number, number];

interface Layers {
  /** A convolution that keeps the size, and relu. */
  conv(name: string, x: Tensor, out: number, kernel: Kernel): Tensor;
  /** A 3 x 3 convolution within the image, and relu. */
  valid(name: string, x: Tensor, out: number, stride: number): Tensor;
  /** Convolutions one after another: `name_1`, `name_2`, .. */
  chain(name: string, x: Tensor, ...convolutions: readonly (readonly [number, Kernel])[]): Tensor;
}

function layersOf(leaf: InceptionLeaf): Layers {
  const layer = (
    name: string,
    x: Tensor,
    out: number,
    [height, width]: readonly [number, number],
    options: { stride?: number; padding?: readonly [number, number] },
  ): Tensor => {
    const weight = leaf(`${name}.conv.weight`, [out, x.shape[1], height, width]);
    return relu(conv2d(x, weight, { bias: leaf(name + CONV_BIAS, [out]), ...options }));
  };
  const conv: Layers["conv"] = (name, x, out, kernel) => {
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const padding = [(height - 1) / 2, (width - 1) / 2] as const;
    return layer(name, x, out, [height, width], { padding });
  };
  return {
    conv,
    valid: (name, x, out, stride) => layer(name, x, out, [3, 3], { stride }),
    chain: (name, x, ...convolutions) =>
      convolutions.reduce((h, [out, kernel], i) => conv(`${name}_${i + 1}`, h, out, kernel), x),
  };
}

const meanAround = (x: Tensor): Tensor =>
  avgPool2d(x, { kernel_size: 3, stride: 1, padding: 1, count_include_pad: false });

const largestAround = (x: Tensor): Tensor =>
  maxPool2d(x, { kernel_size: 3, stride: 1, padding: 1 });

/** 35 x 35: 1 x 1, 5 x 5 and twice 3 x 3. */
function inceptionA(
  { conv, chain }: Layers,
  name: string,
  x: Tensor,
  pool_features: number,
): Tensor {
  return concat([
    conv(`${name}.branch1x1`, x, 64, 1),
    chain(`${name}.branch5x5`, x, [48, 1], [64, 5]),
    chain(`${name}.branch3x3dbl`, x, [64, 1], [96, 3], [96, 3]),
    conv(`${name}.branch_pool`, meanAround(x), pool_features, 1),
  ], 1);
}

/** From 35 x 35 to 17 x 17. */
function inceptionB({ valid, chain }: Layers, name: string, x: Tensor): Tensor {
  return concat([
    valid(`${name}.branch3x3`, x, 384, 2),
    valid(
      `${name}.branch3x3dbl_3`,
      chain(`${name}.branch3x3dbl`, x, [64, 1], [96, 3]),
      96,
      2,
    ),
    maxPool2d(x, { kernel_size: 3, stride: 2 }),
  ], 1);
}

/** 17 x 17: 1 x 1, and rows and columns of 7, once and twice, `channels` wide. */
function inceptionC({ conv, chain }: Layers, name: string, x: Tensor, channels: number): Tensor {
  const row = [1, 7] as const;
  const column = [7, 1] as const;
  return concat([
    conv(`${name}.branch1x1`, x, 192, 1),
    chain(`${name}.branch7x7`, x, [channels, 1], [channels, row], [192, column]),
    chain(
      `${name}.branch7x7dbl`,
      x,
      [channels, 1],
      [channels, column],
      [channels, row],
      [channels, column],
      [192, row],
    ),
    conv(`${name}.branch_pool`, meanAround(x), 192, 1),
  ], 1);
}

/** From 17 x 17 to 8 x 8. */
function inceptionD({ conv, valid, chain }: Layers, name: string, x: Tensor): Tensor {
  return concat([
    valid(`${name}.branch3x3_2`, conv(`${name}.branch3x3_1`, x, 192, 1), 320, 2),
    valid(
      `${name}.branch7x7x3_4`,
      chain(`${name}.branch7x7x3`, x, [192, 1], [192, [1, 7]], [192, [7, 1]]),
      192,
      2,
    ),
    maxPool2d(x, { kernel_size: 3, stride: 2 }),
  ], 1);
}

/** 8 x 8: 1 x 1, and a row and a column of 3, concatenated, after 1 x 1 and after 3 x 3. */
function inceptionE(
  { conv, chain }: Layers,
  name: string,
  x: Tensor,
  around: (x: Tensor) => Tensor,
): Tensor {
  const fork = (branch: string, h: Tensor): Tensor[] => [
    conv(`${name}.${branch}a`, h, 384, [1, 3]),
    conv(`${name}.${branch}b`, h, 384, [3, 1]),
  ];
  return concat([
    conv(`${name}.branch1x1`, x, 320, 1),
    ...fork("branch3x3_2", conv(`${name}.branch3x3_1`, x, 384, 1)),
    ...fork("branch3x3dbl_3", chain(`${name}.branch3x3dbl`, x, [448, 1], [384, 3])),
    conv(`${name}.branch_pool`, around(x), 192, 1),
  ], 1);
}
