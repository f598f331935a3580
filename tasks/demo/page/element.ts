/// <reference lib="dom" />

/** The element of the page with an id. @throws {TypeError} where it is missing or of another kind */
export function byId<T extends Element>(id: string, kind: { new (): T }): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new TypeError(`the page has no ${kind.name} "${id}"`);
}

/** A field of a form by its name. @throws {TypeError} where it is missing or of another kind */
export function field<T extends Element>(
  form: HTMLFormElement,
  name: string,
  kind: { new (): T },
): T {
  const element = form.elements.namedItem(name);
  if (element instanceof kind) return element;
  throw new TypeError(`the form has no ${kind.name} "${name}"`);
}

/** A new element with some text. */
export function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  className = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}
