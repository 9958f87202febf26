// What the product of Jacobians does to a gradient, against the lag, between the bounds of the theorems.
// Exported: stretch, upper, lower (rnn_long_range), preactivation (rnn); data: kinds, W, inputs, lags.

const { range } = plot;
const log10 = (values) => values.map(Math.log10);
const leaky = (least) => [(z) => (z > 0 ? z : least * z), (z) => (z > 0 ? 1 : least)];

function weights({ kind, scale }) {
  return data.kinds[kind].matrix.map((row) => row.map((entry) => scale * entry));
}

/** Sizes at every lag: of the product, and both bounds. */
function sizes(state) {
  const U = weights(state), [g, dg] = leaky(state.slope);
  const z = data.inputs.map((_, t) => preactivation(U, data.W, data.inputs, [0, 0], g, t));
  const lags = range(0, data.lags, data.lags + 1);
  return {
    lags,
    norm: lags.map((lag) => stretch(U, z, dg, 1 + lag, 1)),
    above: lags.map((lag) => upper(U, 1, 1 + lag, 1)),
    below: lags.map((lag) => lower(U, state.slope, 1 + lag, 1)),
  };
}

function told({ kind, scale }, norm) {
  const [name, modulus] = [data.kinds[kind].name, scale * data.kinds[kind].modulus];
  const last = norm.at(-1), far = last > 10 ? "explodes" : last < 0.1 ? "vanishes" : "keeps its size";
  return `For ${name}, a gradient ${far}: over ${data.lags} steps the product of Jacobians has the norm ${last.toExponential(1)}. `
    + `The largest eigenvalue of U has modulus ${modulus.toFixed(2)}.`;
}

function draw(state) {
  const { lags, norm, above, below } = sizes(state);
  const [up, down, actual] = [above, below, norm].map(log10);
  const least = Math.floor(Math.max(-30, Math.min(-2, ...actual, ...down))), most = Math.ceil(Math.max(2, ...up));
  const marks = [
    { kind: "band", label: "between the bounds", role: "faint", x: lags, lower: down, upper: up, quiet: true },
    { kind: "line", label: "bound from above, (λ σ max)^lag", role: 1, dash: "6 4", x: lags, y: up },
    { kind: "line", label: "bound from below, (λ σ min)^lag", role: 3, dash: "2 3", x: lags, y: down },
    { kind: "line", label: "norm of the product", role: 2, width: 2.6, x: lags, y: actual },
    { kind: "level", role: "ink", dash: "1 4", y: [0] },
  ];
  const description = "The norm of the product of Jacobians against the lag, on a logarithmic scale, in a band between a straight "
    + "line above and one below.";
  const panels = [{
    title: "How much a gradient can grow or shrink", description, marks,
    x: { label: "lag t − k", min: 0, max: data.lags }, y: { label: "factor", min: least, max: most, power: true },
  }];
  const [product, high, low] = [norm, above, below].map((values) => values.at(-1).toExponential(2));
  const numbers = [
    [`norm at lag ${data.lags}`, product], ["bound from above", high], ["bound from below", low],
    ["λ σ max, a step", above[1].toFixed(3)], ["λ σ min, a step", below[1].toFixed(3)],
  ];
  return { panels, numbers, says: told(state, norm), shown: { scale: state.scale.toFixed(2), slope: state.slope.toFixed(2) } };
}
