/** The value of a JSON text; undefined if it is not JSON. A schema is to parse the value. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
