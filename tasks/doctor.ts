/**
 * Says what this machine's WebGPU adapter is, and compares every kernel with float64: a command.
 *
 * @example
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/doctor
 * ```
 *
 * @module
 */
import { Device, tuningName } from "../engine/mod.ts";
import { type AdapterReport, adapterReport } from "./doctor/adapter_report.ts";
import { type KernelReport, kernelReports, kernelTable } from "./doctor/kernel_report.ts";
import { doctorHelp, readDoctorArguments } from "./doctor/doctor_flags.ts";
import { allocates, bufferLine, bufferReport } from "./doctor/buffer_report.ts";
import { runTask } from "./cli/run_task.ts";
import { vulkanDevices } from "./cli/setup/vulkan_devices.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

// WebGPU in Deno names the vendor by its PCI or Khronos number.
const vendors: Record<string, string> = {
  "4098": "AMD",
  "4203": "Apple",
  "4318": "NVIDIA",
  "5045": "Arm",
  "20803": "Qualcomm",
  "32902": "Intel",
  "65541": "Mesa",
};

/**
 * Reports this machine's adapter and its capabilities; installs a software driver where there is
 * none.
 *
 * @throws {UsageError} where an argument is not a flag of this command
 * @category Commands
 */
export async function main(args: readonly string[]): Promise<void> {
  const { json, help } = readDoctorArguments(args);
  if (help) return console.log(doctorHelp());
  // Before one is chosen, so that the numbers are those of --device.
  const before = vulkanDevices();
  await ensureAdapter();
  const devices = before.length > 0 ? before : vulkanDevices();
  using watchdog = new Watchdog();
  using device = await Device.open({ onWait: watchdog.watch });
  const timed = await tuningFile().recall(tuningName(device.info));
  const report = adapterReport(device, timed.size);
  const buffers = await bufferReport(
    (bytes) => allocates(device, bytes),
    device.gpu.limits.maxBufferSize,
  );
  if (json) {
    const kernels: KernelReport[] = await Array.fromAsync(kernelReports(device));
    console.log(JSON.stringify({ ...report, devices, buffers, kernels }, null, 2));
    if (kernels.some((k) => !k.agrees)) Deno.exitCode = 1;
    return;
  }
  printSection("System", {
    Deno: `${report.system.deno} (V8 ${report.system.v8}, TypeScript ${report.system.typescript})`,
    machine: `${report.system.os}, ${report.system.cores} cores`,
  });
  if (devices.length > 0) {
    const rows = devices.map(({ name, driver }, i) => [`--device=${i}`, `${name}, ${driver}`]);
    printSection("Devices", Object.fromEntries(rows));
  }
  printSection("Adapter", { ...adapterRows(report.adapter), buffers: bufferLine(buffers) });
  printSection("Limits", limitRows(report.limits));
  printSection("Features", featureRows(report));
  if (!await kernelTable(kernelReports(device), console.log)) Deno.exitCode = 1;
}

function adapterRows(adapter: AdapterReport["adapter"]): Record<string, string> {
  return {
    description: adapter.description,
    class: adapter.class + (adapter.isFallback ? " (a fallback: it runs on the processor)" : ""),
    vendor: vendors[adapter.vendor] ?? adapter.vendor,
    architecture: adapter.architecture || "unknown",
    driver: adapter.driver,
    backend: adapter.backend,
    "products timed": `${adapter.timedProducts}`,
  };
}

function limitRows(limits: AdapterReport["limits"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [
      name,
      /Size$/.test(name) && value >= 4096 ? bytes(value) : value.toLocaleString("en"),
    ]),
  );
}

function featureRows({ features, subgroupSize }: AdapterReport): Record<string, string> {
  const rows = Object.entries(features).map(([name, has]) => [name, has ? "yes" : "no"]);
  const [smallest, largest] = subgroupSize;
  const size = smallest === largest ? `${smallest}` : `${smallest} to ${largest}`;
  return { ...Object.fromEntries(rows), "subgroup size": size };
}

function bytes(count: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(count + 1) / 10));
  return `${Number((count / 1024 ** power).toFixed(1))} ${units[power]}`;
}

function printSection(heading: string, rows: Record<string, string>): void {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  console.log(heading);
  for (const [name, value] of Object.entries(rows)) {
    console.log(`  ${name.padEnd(width)}  ${value}`);
  }
  console.log();
}

if (import.meta.main) await runTask(main);
