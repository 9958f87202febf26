// One or two bumps: the map with its branches, and the density as the sum over all preimages of a value.
// Exported: t, slope and naiveLogDensity (bump_flow).  Only where t turns and where it takes a value is found by
// halving on a grid: no derivation gives those roots.

const { range } = plot;
const FAR = 8, CUT = 4;

/** The roots of f between neighbours of a grid where its sign changes; where f is 0, or underflows, it has no sign. */
function roots(f, grid, steps = 40) {
  const signed = grid.map((z) => [z, f(z)]).filter(([, value]) => value !== 0);
  return signed.slice(1).flatMap(([z, value], i) => {
    const [before, earlier] = signed[i];
    return earlier < 0 === value < 0 ? [] : [halved(f, before, z, earlier < 0, steps)];
  });
}

function halved(f, low, high, rising, steps) {
  for (let k = 0; k < steps; k++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0 === rising) low = middle; else high = middle;
  }
  return (low + high) / 2;
}

/** The map of a state, its turning points and its monotone branches [from, to]. */
function flowOf({ v1, m1, s1, v2, m2, s2 }) {
  const bumps = [[v1, v2], [m1, m2], [s1, s2]];
  const value = (z) => t(...bumps, z), steepness = (z) => slope(...bumps, z);
  const turns = roots(steepness, range(-FAR, FAR, 801), 60);
  const ends = [-FAR, ...turns, FAR];
  const branches = ends.slice(1).map((to, i) => [ends[i], to]);
  return { bumps, value, turns, branches, levels: turns.map(value) };
}

/** The preimages of y, one entry a branch: NaN where the branch does not reach y. */
function preimages({ value, branches }, y) {
  return branches.map(([a, b]) => roots((z) => value(z) - y, [a, b])[0] ?? NaN);
}

/** What each branch contributes to the density at y: part (b)'s formula at each preimage. */
function summands(flow, y) {
  return preimages(flow, y).map((z) => (Number.isNaN(z) ? 0 : Math.exp(naiveLogDensity(...flow.bumps, z))));
}

const density = (flow, y) => summands(flow, y).reduce((sum, w) => sum + w, 0);

/** Values from the least to the largest, closer and closer to each spike. */
function values(levels) {
  const [least, most] = [Math.min(0, ...levels), Math.max(0, ...levels)], width = most - least;
  const near = [...levels, 0].flatMap((level) => range(-5, -1, 13).flatMap((p) => [level - width * 10 ** p, level + width * 10 ** p]));
  return [...range(least, most, 140), ...near].filter((y) => y > least && y < most && y !== 0).sort((a, b) => a - b);
}

function mapPanel(flow, y, reached, axis) {
  const marks = flow.branches.map(([a, b], i) => {
    const z = range(Math.max(a, -5), Math.min(b, 5), 80);
    return { kind: "line", label: `branch ${i + 1}`, role: (i % 4) + 1, x: z, y: z.map(flow.value), quiet: true };
  });
  marks.push(
    { kind: "dots", label: "turning points", role: "ink", x: flow.turns, y: flow.levels },
    { kind: "level", label: "the value y", role: "ink", y: [y] },
    { kind: "cross", label: "its preimages", role: "ink", x: reached, y: reached.map(() => y) },
  );
  const description = `The map t, ${flow.branches.length} monotone branches in different colours, its turning points, and a horizontal line `
    + `at the value y, which it meets ${reached.length} times.`;
  return { title: "The map", description, marks, x: { label: "z", min: -5, max: 5 }, y: axis };
}

function densityPanel(flow, y, axis) {
  const at = values(flow.levels), parts = at.map((value) => summands(flow, value));
  const marks = flow.branches.map((_, i) => (
    { kind: "line", label: `formula of (b) on branch ${i + 1}`, role: (i % 4) + 1, dash: "5 3", width: 1.6, x: parts.map((w) => w[i] || NaN), y: at, quiet: i > 1 }
  ));
  marks.push(
    { kind: "line", label: "density: the sum over all preimages", role: "ink", x: at.map((value) => density(flow, value)), y: at },
    { kind: "level", label: "the value y", role: "ink", y: [y], quiet: true },
  );
  const description = "The density of t(z) along the same vertical axis, with a spike at the height of every turning point, and, dashed, "
    + "what the formula of part (b) gives on each branch: one summand of it.";
  return { title: "The density of its values", description, marks, x: { label: "density, cut at 4", min: 0, max: CUT }, y: axis };
}

function draw(state) {
  const flow = flowOf(state);
  const [least, most] = [Math.min(0, ...flow.levels), Math.max(0, ...flow.levels)];
  const y = least + state.level * (most - least), margin = 0.06 * (most - least);
  const axis = { label: "y = t(z)", min: least - margin, max: most + margin };
  const reached = preimages(flow, y).filter((z) => !Number.isNaN(z)), parts = summands(flow, y).filter((w) => w > 0);
  const total = density(flow, y), listed = (numbers) => numbers.map((w) => w.toFixed(3)).join(", ") || "none";
  const says = `The map has ${flow.branches.length} monotone branches; the value y = ${y.toFixed(2)} has ${reached.length} preimages. Its density is `
    + `${total.toFixed(3)}, the sum of what the formula of part (b) gives at each: ${listed(parts)}.`;
  const numbers = [
    ["y", y.toFixed(3)], ["its preimages z", listed(reached)], ["formula of (b) at each", listed(parts)], ["density of y", total.toFixed(3)],
    ["spikes at", listed(flow.levels)],
  ];
  const fixed = (name) => [name, state[name].toFixed(2)];
  const shown = Object.fromEntries([...["v1", "m1", "s1", "v2", "m2", "s2"].map(fixed), ["level", y.toFixed(2)]]);
  return { panels: [mapPanel(flow, y, reached, axis), densityPanel(flow, y, axis)], numbers, says, shown };
}
