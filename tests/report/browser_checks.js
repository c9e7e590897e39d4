"use strict";
// What a page looks like, and whether its tables sort; run in a browser by test_in_browser.py.

const rgba = (text) => text.match(/[\d.]+/g).map(Number);
const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = (text) => {
  const [r, g, b] = rgba(text).map((c) => linear(c / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
};
// As WCAG 2.1 has it.
const contrast = (one, two) => {
  const [a, b] = [luminance(one), luminance(two)];
  return Math.max(a, b) / Math.min(a, b);
};
const groundOf = (element) => {
  for (; element; element = element.parentElement) {
    const ground = getComputedStyle(element).backgroundColor;
    if ((rgba(ground)[3] ?? 1) > 0) return ground;
  }
  return "rgb(255, 255, 255)";
};

// Pixels too wide, pictures without a name or content, and text and marks too dim.
function look() {
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  const root = document.documentElement;
  const pictures = [...document.querySelectorAll("main img")];
  const seen = { wide: root.scrollWidth - root.clientWidth, dim: [], words: 0, marks: 0 };
  seen.nameless = pictures.filter((each) => !each.alt).length;
  seen.broken = pictures.filter((each) => !each.naturalWidth).length;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const { color, webkitTextStrokeColor } = getComputedStyle(element);
    const isMark = element.matches(".legend i");
    const inks = isMark ? [color, webkitTextStrokeColor] : [color];
    const most = Math.max(...inks.map((ink) => contrast(ink, groundOf(element))));
    seen[isMark ? "marks" : "words"] += 1;
    if (most < (isMark ? 3 : 4.5)) seen.dim.push([element.textContent.slice(0, 40), most]);
  }
  return seen;
}

const numberIn = (cell) => {
  const text = (cell?.querySelector(".ours") ?? cell)?.textContent.trim().split(/\s/)[0];
  return text ? Number(text.replace("−", "-").replaceAll(",", "")) : NaN;
};

// The columns that two presses on their name do not sort both ways.
function unsorted() {
  const wrong = [];
  for (const table of document.querySelectorAll("table")) {
    table.tHead.querySelectorAll("th[scope=col]").forEach((head, column) => {
      const orders = [1, 2].map(() => {
        head.querySelector("button").click();
        const order = head.getAttribute("aria-sort");
        for (const body of table.tBodies) {
          const values = [...body.rows].map((row) => numberIn(row.cells[column]));
          const known = values.filter((value) => !isNaN(value));
          const sorted = [...known].sort((a, b) => (order === "ascending" ? a - b : b - a));
          if (String(known) !== String(sorted)) wrong.push([head.textContent, order, known]);
        }
        return order;
      });
      const both = orders.includes("ascending") && orders.includes("descending");
      if (!both || table.querySelectorAll("[aria-sort]").length !== 1) wrong.push([head.textContent, orders]);
    });
  }
  return wrong;
}
