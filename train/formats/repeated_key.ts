/** The first key that occurs twice in an object of valid JSON; JSON.parse would take the last. */
export function repeatedKey(json: string): string | null {
  const objects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    if (json[i] === "{") objects.push(new Set());
    if (json[i] === "}") objects.pop();
    if (json[i] !== '"') continue;
    const begin = i++;
    while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
    let next = i + 1;
    while (" \t\r\n".includes(json[next])) next++;
    if (json[next] !== ":") continue;
    const key: string = JSON.parse(json.slice(begin, i + 1));
    const seen = objects[objects.length - 1];
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}
