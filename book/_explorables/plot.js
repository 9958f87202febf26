/* Panels as SVG text: scales, axes and marks, nothing that is computed from mathematics.

   Text rather than elements, so that the same code draws the first state while the book is built (in Node) and every
   later one in the browser.  Colours are roles of the style sheet: "ink", "faint", 1, 2, 3, 4. */
"use strict";

globalThis.plot = (() => {
  const WIDTH = 360, HEIGHT = 270, LEFT = 50, RIGHT = 10, TOP = 24, BOTTOM = 42;

  const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const short = (x) => (Math.round(x * 100) / 100).toString();
  const colour = (role) => `var(--figure-${role})`;
  const range = (from, to, count) => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

  /** Round numbers from least to most, some `count` of them. */
  function ticks(least, most, count = 5) {
    const rough = (most - least) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((s) => s * power >= rough);
    const found = [];
    for (let k = Math.ceil(least / step - 1e-9); k * step <= most + 1e-9 * step; k++) found.push(k * step);
    return found;
  }

  /** A power axis shows exponents as powers of ten. */
  function tickText(axis, value) {
    const text = String(Number(value.toPrecision(6))).replace("-", "−");
    return axis.power ? `10<tspan dy="-5" font-size="9">${text}</tspan>` : text;
  }

  function axes(x, y, X, Y) {
    const wholes = (axis, count) => ticks(axis.min, axis.max, count).filter((t) => !axis.power || Number.isInteger(t));
    const lines = [], labels = [];
    for (const t of wholes(x, 6)) {
      lines.push(`M${short(X(t))} ${TOP}V${HEIGHT - BOTTOM}`);
      labels.push(`<text x="${short(X(t))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${tickText(x, t)}</text>`);
    }
    for (const t of wholes(y, 5)) {
      lines.push(`M${LEFT} ${short(Y(t))}H${WIDTH - RIGHT}`);
      labels.push(`<text x="${LEFT - 6}" y="${short(Y(t) + 4)}" text-anchor="end">${tickText(y, t)}</text>`);
    }
    const middle = (LEFT + WIDTH - RIGHT) / 2, centre = (TOP + HEIGHT - BOTTOM) / 2;
    return `<path class="grid" d="${lines.join("")}"/><path class="frame" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`
      + `${labels.join("")}<text x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">${escaped(x.label)}</text>`
      + `<text transform="translate(12 ${centre}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`;
  }

  // --- marks: {kind, label, role, x, y, …}, numbers in the units of the axes ----------------------

  /** A path through the points that are numbers, far ones pulled in so that no renderer overflows. */
  function through(xs, ys, X, Y) {
    const near = (v) => short(Math.max(-5000, Math.min(5000, v)));
    let drawn = "", open = false;
    xs.forEach((x, i) => {
      const known = !Number.isNaN(x) && !Number.isNaN(ys[i]);
      if (known) drawn += `${open ? "L" : "M"}${near(X(x))} ${near(Y(ys[i]))}`;
      open = known;
    });
    return drawn;
  }

  const MARKS = {
    line: (m, X, Y) => `<path d="${through(m.x, m.y, X, Y)}" fill="none" stroke="${colour(m.role)}" `
      + `stroke-width="${m.width ?? 2}" stroke-dasharray="${m.dash ?? "none"}"/>`,
    band: (m, X, Y) => `<path d="${through([...m.x, ...m.x.toReversed()], [...m.lower, ...m.upper.toReversed()], X, Y)}Z" `
      + `fill="${colour(m.role)}" fill-opacity="${m.opacity ?? 0.2}"/>`,
    dots: (m, X, Y) => m.x.map((x, i) => `<circle cx="${short(X(x))}" cy="${short(Y(m.y[i]))}" r="${m.size ?? 4}" `
      + `fill="${colour(m.role)}"/>`).join(""),
    cross: (m, X, Y) => m.x.map((x, i) => `<path d="M${short(X(x) - 6)} ${short(Y(m.y[i]) - 6)}l12 12m0 -12l-12 12" `
      + `stroke="${colour(m.role)}" stroke-width="2.5"/>`).join(""),
    level: (m, X, Y) => `<path d="M${LEFT} ${short(Y(m.y[0]))}H${WIDTH - RIGHT}" stroke="${colour(m.role)}" `
      + `stroke-width="1.4" stroke-dasharray="${m.dash ?? "2 3"}"/>`,
    upright: (m, X) => `<path d="M${short(X(m.x[0]))} ${TOP}V${HEIGHT - BOTTOM}" stroke="${colour(m.role)}" `
      + `stroke-width="1.4" stroke-dasharray="${m.dash ?? "2 3"}"/>`,
  };

  const SWATCHES = {
    band: (m) => `<rect width="22" height="10" y="1" fill="${colour(m.role)}" fill-opacity="${m.opacity ?? 0.2}"/>`,
    dots: (m) => `<circle cx="11" cy="6" r="4" fill="${colour(m.role)}"/>`,
    cross: (m) => `<path d="M6 1l10 10m0 -10l-10 10" stroke="${colour(m.role)}" stroke-width="2.5"/>`,
  };
  const stroke = (m) => `<path d="M0 6H22" stroke="${colour(m.role)}" stroke-width="2.4" `
    + `stroke-dasharray="${m.dash ?? (m.kind === "line" ? "none" : "2 3")}"/>`;

  function legend(marks) {
    const entries = marks.filter((m) => m.label && !m.quiet).map((m) => `<li><svg viewBox="0 0 22 12" aria-hidden="true">`
      + `${(SWATCHES[m.kind] ?? stroke)(m)}</svg> ${escaped(m.label)}</li>`);
    return `<ul class="legend">${entries.join("")}</ul>`;
  }

  /** A panel: its title, axes {label, min, max, power}, marks, and a description for those who do not see it. */
  function panel({ title, description, x, y, marks }, id) {
    const X = (v) => LEFT + ((v - x.min) / (x.max - x.min)) * (WIDTH - LEFT - RIGHT);
    const Y = (v) => HEIGHT - BOTTOM - ((v - y.min) / (y.max - y.min)) * (HEIGHT - TOP - BOTTOM);
    const inside = `<clipPath id="${id}"><rect x="${LEFT}" y="${TOP}" width="${WIDTH - LEFT - RIGHT}" height="${HEIGHT - TOP - BOTTOM}"/></clipPath>`;
    const drawn = marks.map((m) => MARKS[m.kind](m, X, Y)).join("");
    return `<div class="panel"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(description)}">${inside}`
      + `${axes(x, y, X, Y)}<g clip-path="url(#${id})">${drawn}</g>`
      + `<text class="title" x="${(LEFT + WIDTH - RIGHT) / 2}" y="14" text-anchor="middle">${escaped(title)}</text></svg>${legend(marks)}</div>`;
  }

  // --- what is drawn, as CSV ----------------------------------------------------------------------

  const AXIS = (axis) => (axis.power ? `log10 of ${axis.label}` : axis.label);

  /** Name -> numbers, of every mark that has a name. */
  function columns(panels) {
    const found = new Map();
    const keep = (name, values) => { if (!found.has(name)) found.set(name, values); };
    for (const { title, x, y, marks } of panels) {
      for (const m of marks.filter((each) => each.label)) {
        if (m.x) keep(`${title}: ${AXIS(x)} of ${m.label}`, m.x);
        if (m.lower) keep(`${title}: ${AXIS(y)}, ${m.label}, lower`, m.lower);
        if (m.upper) keep(`${title}: ${AXIS(y)}, ${m.label}, upper`, m.upper);
        if (m.y) keep(`${title}: ${AXIS(y)}, ${m.label}`, m.y);
      }
    }
    return found;
  }

  function csv(panels) {
    const table = columns(panels), values = [...table.values()];
    const quoted = (name) => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
    const cell = (v) => (v === undefined || Number.isNaN(v) ? "" : String(Number(v.toPrecision(9))));
    const rows = range(0, Math.max(...values.map((v) => v.length)) - 1, Math.max(...values.map((v) => v.length)));
    return [[...table.keys()].map(quoted), ...rows.map((i) => values.map((v) => cell(v[i])))].map((r) => r.join(",")).join("\n") + "\n";
  }

  const facts = (rows) => rows.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join("");

  /** The state of an explorable as pieces of the page. */
  function render(name, { panels, says, shown, numbers }) {
    return { panels: panels.map((p, i) => panel(p, `${name}-${i}`)).join(""), facts: facts(numbers), says, shown, csv: csv(panels) };
  }

  return { render, range, columns };
})();
