/// <reference lib="dom" />
import { counted } from "../../../engine/counted.ts";
import type { Request, RunSummary } from "../messages.ts";
import { byId, field, made } from "./element.ts";

const form = () => byId("draw", HTMLFormElement);

/** Offers the saved runs and the classes of the chosen one. */
export function offerRuns(runs: readonly RunSummary[]): void {
  const select = field(form(), "run", HTMLSelectElement);
  const before = select.value;
  select.replaceChildren(
    ...runs.map(({ run, step }) => option(run, `${run}, ${counted(step, "step")}`)),
  );
  if (runs.some(({ run }) => run === before)) select.value = before;
  select.onchange = () => offerClasses(runs.find(({ run }) => run === select.value));
  offerClasses(runs.find(({ run }) => run === select.value));
}

function offerClasses(run: RunSummary | undefined): void {
  const select = field(form(), "label", HTMLSelectElement);
  const before = select.value;
  const { class_names = [], guided = false } = run ?? {};
  const all = class_names.length > 0 ? "each in turn" : "none: trained without labels";
  select.replaceChildren(option("", all), ...class_names.map((name, i) => option(`${i}`, name)));
  if (Number(before) < class_names.length) select.value = before;
  field(form(), "scale", HTMLInputElement).disabled = !guided;
}

/** The form that draws images. @param ask asks the worker */
export function drawForm(ask: (request: Request) => void): void {
  const number = (name: string) => Number(field(form(), name, HTMLInputElement).value);
  const scale = field(form(), "scale", HTMLInputElement);
  const shown = field(form(), "shown_scale", HTMLOutputElement);
  scale.addEventListener("input", () => shown.value = scale.value);
  form().addEventListener("submit", (event) => {
    event.preventDefault();
    const label = field(form(), "label", HTMLSelectElement).value;
    ask({
      ask: "draw",
      run: field(form(), "run", HTMLSelectElement).value,
      drawing: {
        label: label === "" ? null : Number(label),
        scale: number("scale"),
        steps: number("steps"),
        seed: number("seed"),
      },
    });
  });
}

function option(value: string, text: string): HTMLOptionElement {
  const element = made("option", text);
  element.value = value;
  return element;
}
