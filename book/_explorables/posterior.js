// The posterior of w₂ relu(w₁ x) on the box as data at x = 1 grow in number: thinner, not shorter.
// Exported: posterior, predictiveMean, predictiveVariance, and the limit of the plug-in, ridgePlugIn (bayesian_network).
// The weights are midpoints of cells, finer around the ridge: where to put them is all that is decided here.

const { range } = plot;
const BOX = data.box;

const sorted = (edges) => [...new Set(edges)].sort((a, b) => a - b);
const network = (w1, w2) => w2 * Math.max(w1, 0); // at x = 1
const clipped = (value) => Math.max(-BOX, Math.min(BOX, value));

/** Cells of the box, [w1, w2, area]: columns by ratio in w1 > 0, and in each cells around the ridge w1 w2 = c. */
function cells(n, c) {
  const across = sorted([0, ...range(-5, Math.log10(BOX), 181).map((p) => 10 ** p), c / BOX, BOX]);
  const found = [[-BOX / 2, 0, 2 * BOX * BOX]]; // w1 < 0: the unit is dead, and every w2 computes the same
  for (let i = 1; i < across.length; i++) {
    const w1 = (across[i - 1] + across[i]) / 2, spread = 1 / (Math.sqrt(n) * w1);
    const near = range(-8, 8, 33).map((s) => clipped(c / w1 + s * spread));
    const up = sorted([...range(-BOX, BOX, 33), ...near]);
    for (let k = 1; k < up.length; k++) found.push([w1, (up[k - 1] + up[k]) / 2, (across[i] - across[i - 1]) * (up[k] - up[k - 1])]);
  }
  return found;
}

/** Weights with their probabilities after n observations whose mean is the truth's value, c. */
function posteriorAt(n, c) {
  const nodes = cells(n, c), outputs = nodes.map(([w1, w2]) => network(w1, w2));
  // Measured from the mean of the data: the same posterior, and no exponential overflows.
  const p = posterior(n, nodes.map(([, , area]) => area), outputs.map((f) => f - c), 0);
  return { w1: nodes.map(([w]) => w), w2: nodes.map(([, w]) => w), outputs, p };
}

function predictions(n, c) {
  const { w1, w2, outputs, p } = posteriorAt(n, c);
  const omega = [predictiveMean(p, w1), predictiveMean(p, w2)];
  const mean = predictiveMean(p, outputs), deviation = Math.sqrt(Math.max(0, predictiveVariance(p, outputs) - 1));
  return { w1, w2, p, omega, mean, deviation, plugIn: network(...omega) };
}

/** For each w1 of the ridge the middle 95 % of w2, as far as w1 has any probability to speak of. */
function ridge({ w1, w2, p }) {
  const columns = new Map();
  w1.forEach((w, i) => { if (w > 0) columns.set(w, [...(columns.get(w) ?? []), i]); });
  const rows = [...columns].map(([w, members]) => ({ w, members, mass: members.reduce((sum, i) => sum + p[i], 0) }));
  const most = Math.max(...rows.map((row) => row.mass / row.w));
  const kept = rows.filter((row) => row.mass / row.w > most * 1e-3 && row.mass > 1e-9);
  const quantile = ({ members, mass }, q) => {
    let sum = 0;
    for (const i of members) { sum += p[i] / mass; if (sum >= q) return w2[i]; }
    return w2[members.at(-1)];
  };
  return { x: kept.map((row) => row.w), lower: kept.map((row) => quantile(row, 0.025)), upper: kept.map((row) => quantile(row, 0.975)) };
}

function boxPanel(found, c) {
  const curve = range(Math.log(c / BOX), Math.log(BOX), 80).map(Math.exp);
  const marks = [
    { kind: "band", label: "posterior: 95 % of w₂ for each w₁", role: 1, opacity: 0.45, ...ridge(found) },
    { kind: "line", label: "weights that fit, w₁ w₂ = c", role: 1, width: 1.2, x: curve, y: curve.map((w) => c / w) },
    { kind: "cross", label: "posterior mean of the weights", role: 2, x: [found.omega[0]], y: [found.omega[1]] },
  ];
  const description = "The box of both weights: a band around the hyperbola of the weights that fit, and a cross, the posterior mean of the "
    + "weights, which lies beside the hyperbola.";
  return { title: "Weights", description, marks, x: { label: "w₁", min: -BOX, max: BOX }, y: { label: "w₂", min: -BOX, max: BOX } };
}

function functionPanel(found, c) {
  const x = range(-1, 2, 61), relu = x.map((each) => Math.max(each, 0)), times = (slope) => relu.map((r) => slope * r);
  const top = Math.max(1.2 * found.plugIn, 1.2 * c, 2) * 2;
  const marks = [
    { kind: "band", label: "posterior, ± 2 standard deviations", role: 1, x, lower: times(found.mean - 2 * found.deviation), upper: times(found.mean + 2 * found.deviation) },
    { kind: "line", label: "predictive mean", role: 1, x, y: times(found.mean) },
    { kind: "line", label: "plug-in: the network at the mean weights", role: 2, dash: "7 3", x, y: times(found.plugIn) },
    { kind: "line", label: "truth", role: "ink", dash: "1 4", x, y: times(c) },
  ];
  const description = "Functions of x: the predictive mean with its band, the truth, and the plug-in. The band closes on the truth as data "
    + "grow in number; the plug-in stays above.";
  return { title: "Functions", description, marks, x: { label: "x", min: -1, max: 2 }, y: { label: "f(x)", min: -0.1 * top, max: top } };
}

function draw({ power, c }) {
  const n = Math.round(10 ** power), found = predictions(n, c), limit = ridgePlugIn(BOX, Math.log(BOX ** 2 / c) / 2);
  const count = power < 6 ? n.toLocaleString("en") : `10^${power}`;
  const says = `After ${count} observation${n === 1 ? "" : "s"} the predictive mean has the slope ${found.mean.toFixed(3)} where the truth has ${c.toFixed(1)}; `
    + `the plug-in has ${found.plugIn.toFixed(3)}, and ${limit.toFixed(3)} in the limit.`;
  const numbers = [
    ["truth c", c.toFixed(1)], ["predictive mean at x = 1", found.mean.toFixed(4)], ["posterior sd of f(1)", found.deviation.toPrecision(3)],
    ["posterior mean of w₁", found.omega[0].toFixed(4)], ["posterior mean of w₂", found.omega[1].toFixed(4)],
    ["plug-in at x = 1", found.plugIn.toFixed(4)], ["plug-in, derived for n → ∞", limit.toFixed(4)],
  ];
  return { panels: [boxPanel(found, c), functionPanel(found, c)], numbers, says, shown: { power: count, c: c.toFixed(1) } };
}
