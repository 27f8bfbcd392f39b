// Fill a clone of a <template> whose markup the server also renders: {name} in text and attributes becomes
// the value, an element with data-each="list" is repeated for each object of the list. Values become text
// and attribute values only, never markup.

export function stencil(template, values) {
  const copy = template.content.cloneNode(true);
  draw(copy, values);
  return copy;
}

function put(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

function draw(node, values) {
  if (node.nodeType === Node.TEXT_NODE) node.data = put(node.data, values);
  for (const attribute of node.attributes ?? []) attribute.value = put(attribute.value, values);
  for (const child of [...node.childNodes]) {
    const list = child.dataset?.each;
    if (!list) {
      draw(child, values);
      continue;
    }
    for (const one of values[list]) {
      const copy = child.cloneNode(true);
      draw(copy, { ...values, ...one });
      child.before(copy);
    }
    child.remove();
  }
}
