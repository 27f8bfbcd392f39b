// Put an opened paper into the page: the same markup as the server's (templates/seat/_parts.html), filled
// with text.

import { stencil } from "./stencil.js";

// `contents` is what a bundle holds: {paper: {title, items, sections}, figures: {sha256: data URL}}.
export function drawPaper({ paper, figures }) {
  const sections = paper.sections?.length ? paper.sections : [{ title: "", first: 1, count: paper.items.length }];
  const parts = sections.map(({ title, first, count, lang = "th" }) => ({
    heading: title ? [{ title }] : [],
    items: paper.items.slice(first - 1, first - 1 + count).map((item) => ({
      n: item.n,
      stem: item.stem.match(/[^\n]*\n|[^\n]+/g).map((line) => said(line, lang)),
      figure: item.figure ? [{ ...item.figure, source: figures[item.figure.sha256] }] : [],
      options: item.options.map((option, index) => ({ number: index + 1, ...said(option, lang) })),
    })),
  }));
  for (const [template, place] of [["parts", "questions"], ["links", "navigator"]]) {
    document.getElementById(place).replaceChildren(stencil(document.getElementById(template), { parts }));
  }
}

// In a part of another language a line with a Thai letter is Thai: the instruction above the question.
function said(text, lang) {
  return { text, lang: /[\u0e01-\u0e5b]/.test(text) ? "th" : lang };
}
