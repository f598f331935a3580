import { counted } from "../../engine/counted.ts";
import { fieldsOf, flatten } from "../../train/config/fields.ts";
import { runSchemaOf } from "../../train/config/run_schema.ts";
import { countsText } from "../../train/data/counts_text.ts";
import { textTable } from "../cli/text_table.ts";
import type { Inspection } from "./inspect_file.ts";

const HEADINGS = ["name", "type", "shape", "min", "max", "mean", "std", "not finite"];

/** An inspection as text. */
export function inspectionText(inspection: Inspection): string {
  const { file, numbers, step, config, data, metadata, values, autoencoder, tensors } = inspection;
  const types = [...new Set(tensors.map(({ dtype }) => dtype))].join(", ");
  const not_finite = tensors.reduce((sum, { not_finite }) => sum + (not_finite ?? 0), 0);
  const lines = [
    tensors.length === 0
      ? `${file}: no arrays`
      : `${file}: ${counted(tensors.length, "array")}, ${counted(numbers, "number")}, ${types}` +
        (not_finite > 0 ? `; ${not_finite.toLocaleString("en")} NaN or infinite` : ""),
    ...Object.entries(metadata).map(([key, value]) => `  ${key}: ${value}`),
    ...(step === null || "step" in metadata ? [] : [`  step: ${step}`]),
    ...Object.entries(values).map(([key, value]) => `  ${key}: ${value}`),
  ];
  if (data) {
    const length = data.class_counts.reduce((sum, count) => sum + count, 0);
    lines.push(`  data: ${countsText({ ...data, length })}; SHA-256 ${data.digest}`);
  }
  if (autoencoder) {
    const { config: { ch, ch_mult, num_res_blocks, embed_dim }, keys, parameters } = autoencoder;
    lines.push(
      `  autoencoder: ${counted(parameters, "parameter")} with ` +
        `${keys === "diffusers" ? "diffusers'" : "the reference's"} names; ch ${ch}, ch_mult ` +
        `${ch_mult}, num_res_blocks ${num_res_blocks}, embed_dim ${embed_dim}`,
    );
  }
  if (config) {
    for (const [path, value] of flatten(config, fieldsOf(runSchemaOf(config.nnet.name)))) {
      lines.push(`  --${path}=${Array.isArray(value) ? value.join(",") : value}`);
    }
  }
  if (tensors.length > 0) {
    const rows = tensors.map((t) => [
      t.name,
      t.dtype,
      `[${t.shape}]`,
      ...[t.min, t.max, t.mean, t.std].map((value) => value === null ? "-" : figure(value)),
      t.not_finite === null ? "-" : String(t.not_finite),
    ]);
    lines.push(textTable(HEADINGS, rows, 3));
  }
  return lines.map(printable).join("\n");
}

function figure(value: number): string {
  return value === 0 ? "0" : value.toPrecision(4);
}

/** Names come from files: control characters in them must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, "\ufffd");
}
