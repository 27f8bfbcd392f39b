// What a page keeps until the server has it: on this device, and without storage in this page alone.
const unkept = new Map();
export function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? unkept.get(key) ?? null;
  } catch {
    return unkept.get(key) ?? null;
  }
}
export function keep(key, record) {
  unkept.delete(key);
  try {
    if (record) localStorage.setItem(key, JSON.stringify(record));
    else localStorage.removeItem(key);
  } catch {
    if (record) unkept.set(key, record);
  }
}
export function keys(prefix) {
  try {
    return [...new Set([...Object.keys(localStorage), ...unkept.keys()])].filter((key) => key.startsWith(prefix));
  } catch {
    return [...unkept.keys()];
  }
}
