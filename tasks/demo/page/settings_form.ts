/// <reference lib="dom" />
import { type Method, type NumberName, RANGES, type Settings } from "../settings.ts";
import { byId, field, made } from "./element.ts";

/** The form of a new run. @param onTrain is called with what was chosen */
export function settingsForm(
  methods: readonly Method[],
  first: Settings,
  onTrain: (settings: Settings) => void,
): void {
  const form = byId("train", HTMLFormElement);
  const method = field(form, "scalelong", HTMLSelectElement);
  const kappa = field(form, "kappa", HTMLInputElement);
  for (const { number, text } of methods) {
    const option = made("option", text);
    option.value = String(number);
    method.append(option);
  }
  method.value = String(first.scalelong);
  const numbers = Object.entries(RANGES).map(([name, [least, most, of]]) => {
    const input = field(form, name, HTMLInputElement);
    const value = first[name as NumberName];
    Object.assign(input, { min: String(least), max: String(most), value: String(value) });
    if (of !== null) input.step = String(of);
    return [name, input] as const;
  });
  // Only one method has it.
  const showKappa = () => kappa.disabled = !methods[Number(method.value)].uses_kappa;
  method.addEventListener("change", showKappa);
  showKappa();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = numbers.map(([name, input]) => [name, Number(input.value)]);
    onTrain({
      ...Object.fromEntries(chosen) as Omit<Settings, "scalelong">,
      scalelong: methods[Number(method.value)].number,
    });
  });
}
