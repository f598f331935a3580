import {
  add,
  affine,
  cast,
  constant,
  conv2d,
  div,
  type FloatType,
  groupNorm,
  groupNormStatistics,
  mul,
  pad,
  reshape,
  silu,
  slice,
  sqrt,
  square,
  sub,
  type Tensor,
  upsampleNearest,
} from "../engine/mod.ts";
import type { ConvParameters, NormParameters } from "./layers.ts";
import { GROUP_NORM, resnetBlock, type ResnetBlockParameters } from "./resnet_block.ts";
import { edgesOf, heightOf, type RowBands, rowsOf } from "./row_bands.ts";

/** Images of which any rows can be computed: a band's with some of its neighbours'. */
export interface ReadableRows {
  /** Rows of the whole. */
  readonly height: number;
  /** Rows `first` to `last` (excluded). */
  rows(first: number, last: number): Tensor;
}

/** Bands as they are. */
export function readBands(bands: RowBands): ReadableRows {
  return { height: heightOf(bands), rows: (first, last) => rowsOf(bands, first, last) };
}

/** Bands twice as high and wide, each pixel repeated. */
export function readUpsampled(bands: RowBands): ReadableRows {
  return {
    height: 2 * heightOf(bands),
    rows(first, last) {
      const [from, to] = [Math.floor(first / 2), Math.ceil(last / 2)];
      const twice = upsampleNearest(rowsOf(bands, from, to));
      const isExact = 2 * from === first && 2 * to === last;
      return isExact ? twice : pad(twice, 2, 2 * from - first, last - 2 * to);
    },
  };
}

/** `silu(groupNorm(x))`, the statistics taken over all bands. */
export function readNormSilu(bands: RowBands, norm: NormParameters<Tensor>): ReadableRows {
  if (bands.length === 1) return readBands([silu(groupNorm(bands[0], { ...norm, ...GROUP_NORM }))]);
  const [batch, channels] = bands[0].shape;
  const { groups } = GROUP_NORM;
  const dtype = bands[0].dtype as FloatType;
  const { mean, std } = statisticsOf(bands, norm);
  const byGroup = (t: Tensor) => reshape(t, [batch, groups, 1, 1]);
  const byChannel = (t: Tensor) => reshape(t, [1, groups, channels / groups, 1]);
  const center = byGroup(mean);
  const scale = div(byChannel(cast(norm.weight, "f32")), byGroup(std));
  return {
    height: heightOf(bands),
    rows(first, last) {
      const x = rowsOf(bands, first, last);
      const grouped = reshape(x, [batch, groups, channels / groups, -1]);
      const normal = add(mul(sub(grouped, center), scale), byChannel(norm.bias));
      return reshape(cast(silu(normal), dtype), x.shape);
    },
  };
}

/** Mean and standard deviation `[batch, groups]` over all bands, from those of each. */
function statisticsOf(
  bands: RowBands,
  norm: NormParameters<Tensor>,
): { readonly mean: Tensor; readonly std: Tensor } {
  const height = heightOf(bands);
  const parts = bands.map((band) => {
    const statistics = groupNormStatistics(band, { ...norm, ...GROUP_NORM });
    const [mean, rstd] = [0, 1].map((i) => slice(statistics, 2, i, i + 1));
    return { mean, variance: div(constant([1], []), square(rstd)), share: band.shape[2] / height };
  });
  const total = (terms: readonly Tensor[]) => terms.reduce((sum, t) => add(sum, t));
  const mean = total(parts.map((part) => affine(part.mean, part.share)));
  // Chan, Golub and LeVeque: of squares about the common mean, nothing is lost to cancellation.
  const variance = total(
    parts.map((part) => affine(add(part.variance, square(sub(part.mean, mean))), part.share)),
  );
  return { mean, std: sqrt(variance) };
}

/** A 3 x 3 convolution, zeros around the images; one band for each pair of `edges`. */
export function convolveBands(
  { height, rows }: ReadableRows,
  { weight, bias }: ConvParameters<Tensor>,
  edges: readonly number[],
): RowBands {
  return edges.slice(1).map((last, i) => {
    const first = edges[i];
    const [top, bottom] = [first === 0 ? 1 : 0, last === height ? 1 : 0];
    const x = rows(first - 1 + top, last + 1 - bottom);
    return conv2d(x, weight, { bias, padding: { top, bottom, left: 1, right: 1 } });
  });
}

/** A 3 x 3 convolution of stride 2, zeros below and to the right; one band for each. */
export function downsampleBands(
  bands: RowBands,
  { weight, bias }: ConvParameters<Tensor>,
): RowBands {
  const height = heightOf(bands);
  const edges = edgesOf(bands).map((edge) => Math.floor(edge / 2));
  return edges.slice(1).map((last, i) => {
    const bottom = 2 * last === height ? 1 : 0;
    const x = rowsOf(bands, 2 * edges[i], 2 * last + 1 - bottom);
    const padding = { top: 0, bottom, left: 0, right: 1 };
    return conv2d(x, weight, { bias, stride: 2, padding });
  });
}

/** A residual block without time, band by band; see {@linkcode resnetBlock}. */
export function resnetBlockBands(p: ResnetBlockParameters<Tensor>, x: RowBands): RowBands {
  if (x.length === 1) return [resnetBlock(p, x[0])];
  const edges = edgesOf(x);
  const inner = convolveBands(readNormSilu(x, p.norm1), p.conv1, edges);
  const outer = convolveBands(readNormSilu(inner, p.norm2), p.conv2, edges);
  const shortcut = p.nin_shortcut;
  return outer.map((h, i) =>
    add(shortcut ? conv2d(x[i], shortcut.weight, { bias: shortcut.bias }) : x[i], h)
  );
}
