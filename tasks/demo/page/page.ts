/// <reference lib="dom" />
import type { AdapterFacts, NamedFile, Report, Request } from "../messages.ts";
import { drawForm, offerRuns } from "./draw_form.ts";
import { byId, made } from "./element.ts";
import { showImages } from "./image_canvas.ts";
import { showRuns } from "./runs_view.ts";
import { settingsForm } from "./settings_form.ts";
import { TrainingView } from "./training_view.ts";
import { webgpuAdvice } from "./webgpu_advice.ts";

const worker = new Worker("worker.js", { type: "module" });
const view = new TrainingView();

/** Gives the worker something to do; until it is done, it can only be stopped. */
function ask(request: Request): void {
  setBusy(true);
  view.say("Working");
  byId("stop", HTMLButtonElement).disabled = request.ask !== "train" && request.ask !== "go_on";
  worker.postMessage(request);
}

function setBusy(isBusy: boolean): void {
  const controls = "#train .primary, #draw .primary, #draw select, #runs button, #import";
  for (const control of document.querySelectorAll(controls)) {
    control.toggleAttribute("disabled", isBusy);
  }
  if (!isBusy) {
    byId("stop", HTMLButtonElement).disabled = true;
    const draw = document.querySelector<HTMLButtonElement>("#draw .primary")!;
    draw.disabled = document.querySelector("#runs li") === null;
  }
}

function take(report: Report): void {
  switch (report.is) {
    case "offer":
      return settingsForm(
        report.methods,
        report.first,
        (settings) => ask({ ask: "train", settings }),
      );
    case "no_webgpu":
      return showAdvice(report.has_api);
    case "storage":
      if (!report.keeps) {
        byId("storage", HTMLElement).textContent =
          "This window keeps no files, as in private browsing: export a run before you close it.";
      }
      return;
    case "ready":
      return showAdapter(report.adapter);
    case "doing":
      return view.say(report.text);
    case "started":
      return view.start(report);
    case "trained":
      return view.add(report);
    case "images":
      return report.of === "training"
        ? showImages("training_images", "training_caption", report.images)
        : showImages("drawn_images", "drawn_caption", report.images);
    case "runs":
      offerRuns(report.runs);
      showRuns(report.runs, ask);
      // A run that is saved in training is listed while the worker is busy.
      return setBusy(true);
    case "files":
      return download(report.files);
    case "done":
    case "failed":
      setBusy(false);
      return view.say(report.text, report.is === "failed");
  }
}

function showAdapter({ name, kernels, features }: AdapterFacts): void {
  const rows = [["Name", name], ["Kind", kernels], ...features];
  byId("adapter", HTMLElement).replaceChildren(...rows.map(([term, value]) => {
    const row = made("div");
    row.append(made("dt", term), made("dd", value));
    return row;
  }));
}

function showAdvice(has_api: boolean): void {
  const { reason, ways } = webgpuAdvice(has_api, globalThis.isSecureContext);
  byId("no_webgpu_reason", HTMLElement).textContent = reason;
  byId("no_webgpu_advice", HTMLElement).replaceChildren(...ways.map((way) => made("li", way)));
  byId("no_webgpu", HTMLElement).hidden = false;
  document.querySelector("main")!.hidden = true;
}

function download(files: readonly NamedFile[]): void {
  for (const { name, bytes } of files) {
    const link = made("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
  byId("exported", HTMLElement).hidden = false;
}

async function open(chosen: FileList): Promise<void> {
  const files = await Promise.all(
    [...chosen].map(async (file) => ({
      name: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
  ask({ ask: "import", files });
}

worker.onmessage = ({ data }: MessageEvent<Report>) => take(data);
worker.onerror = ({ message }) => {
  view.say(
    `The page’s worker failed: ${message || "it cannot be loaded"}. Reload the page; if it fails ` +
      "again, take a newer browser: Chrome or Edge from version 134, Firefox from 141.",
    true,
  );
};
drawForm(ask);
byId("stop", HTMLButtonElement).addEventListener("click", ({ currentTarget }) => {
  (currentTarget as HTMLButtonElement).disabled = true;
  view.say("Stopping after the steps that the device has, then saving");
  worker.postMessage({ ask: "stop" } satisfies Request);
});
byId("import", HTMLInputElement).addEventListener("change", ({ currentTarget }) => {
  const input = currentTarget as HTMLInputElement;
  if (input.files?.length) open(input.files).finally(() => input.value = "");
});
