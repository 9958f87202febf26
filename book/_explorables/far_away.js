// A Gaussian process and a ReLU network on the same data, as the new input walks away from them.
// Exported: kernel, mean and covariance (gaussian_process), network and farOut (relu_extrapolation); data: the observations and the
// trained weights.

const { range } = plot;

/** Mean and standard deviation of the process at each of the inputs. */
function processAt(inputs) {
  const column = (x) => [x];
  const K = data.x.map((a) => data.x.map((b) => kernel(column(a), column(b))));
  return inputs.map((at) => {
    const across = data.x.map((a) => [kernel(column(a), column(at))]);
    const [average] = mean(K, across, data.y), [[variance]] = covariance(K, across, [[kernel(column(at), column(at))]]);
    return { mean: average, deviation: Math.sqrt(Math.max(0, variance)) };
  });
}

/** The output of the network at x, and that of the straight line which it is far out on this side. */
function networkAt(x) {
  const { W, b, V, c } = data.network, direction = [x < 0 ? -1 : 1];
  const line = (alpha) => farOut(W, b, V, c, [0], direction, alpha)[0];
  return { output: network(W, b, V, c, [0], direction, Math.abs(x))[0], line: line(Math.abs(x)), slope: (line(1) - line(0)) * direction[0] };
}

function told(x, at, net) {
  const distance = Math.min(...data.x.map((a) => Math.abs(a - x)));
  const straight = Math.abs(net.output - net.line) < 1e-9 ? "is on its last straight line" : "still has kinks ahead";
  return `At x = ${x.toFixed(1)}, ${distance.toFixed(1)} from the nearest observation, the Gaussian process predicts ${at.mean.toFixed(2)} ± `
    + `${(2 * at.deviation).toFixed(2)}; the network, without any doubt, ${net.output.toFixed(2)}, and ${straight}.`;
}

function draw({ at }) {
  const half = Math.max(8, 1.15 * Math.abs(at)), x = range(-half, half, 321);
  const process = processAt(x), [here] = processAt([at]), net = networkAt(at);
  const lower = process.map((p) => p.mean - 2 * p.deviation), upper = process.map((p) => p.mean + 2 * p.deviation);
  const outputs = x.map((each) => networkAt(each).output);
  const least = Math.min(-3, ...outputs), most = Math.max(3.5, ...outputs), margin = 0.05 * (most - least);
  const marks = [
    { kind: "band", label: "process, ± 2 standard deviations", role: 1, x, lower, upper },
    { kind: "line", label: "process, mean", role: 1, x, y: process.map((p) => p.mean) },
    { kind: "line", label: "ReLU network", role: 2, dash: "7 3", x, y: outputs },
    { kind: "dots", label: "observations", role: "ink", size: 3.5, x: data.x, y: data.y },
    { kind: "upright", label: "new input", role: "ink", x: [at] },
    { kind: "dots", label: "process at the new input", role: 1, size: 6, x: [at], y: [here.mean], quiet: true },
    { kind: "dots", label: "network at the new input", role: 2, size: 6, x: [at], y: [net.output], quiet: true },
  ];
  const description = "A Gaussian process through five observations, whose band widens to ± 2 around 0 outside of them, and a ReLU network "
    + "through the same observations, which goes on in straight lines on both sides.";
  const panels = [{
    title: "The same five observations", description, marks,
    x: { label: "input", min: -half, max: half }, y: { label: "prediction", min: least - margin, max: most + margin },
  }];
  const numbers = [
    ["process, mean", here.mean.toPrecision(3)], ["process, standard deviation", here.deviation.toFixed(6)],
    ["network", net.output.toFixed(3)], ["network far out on this side: slope", net.slope.toFixed(4)],
  ];
  return { panels, numbers, says: told(at, here, net), shown: { at: at.toFixed(1) } };
}
