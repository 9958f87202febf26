"""Known answers to the exercises of question 4: `WHEATS` are right, `CHAFFS` are wrong."""

VECTORISED = """
def bayesian_network_predict(w1, w2, x):
    f = w2 * np.maximum(np.outer(x, w1), 0)
    return f.mean(axis=1), 1 + f.var(axis=1)
"""
LOOPS = """
def bayesian_network_predict(w1, w2, x):
    means, variances = [], []
    for at in x:
        f = [b * max(a * at, 0.0) for a, b in zip(w1, w2)]
        m = sum(f) / len(f)
        means.append(m)
        variances.append(1 + sum((v - m) ** 2 for v in f) / len(f))
    return np.array(means), np.array(variances)
"""
SECOND_MOMENT = """
def bayesian_network_predict(w1, w2, x):
    f = np.where(w1[:, None] * x > 0, w1[:, None] * x, 0) * w2[:, None]
    m = np.mean(f, axis=0)
    return m, np.mean(f**2 + 1, axis=0) - m**2
"""
PAIRS = """
def bayesian_network_predict(w1, w2, x):
    f = (np.abs(np.outer(w1, x)) + np.outer(w1, x)) / 2 * w2[:, None]
    n = len(w1)
    squares = ((f[:, None] - f[None]) ** 2).sum(axis=(0, 1)) / (2 * n * n)
    return np.ones(n) @ f / n, 1 + squares
"""
EINSUM = """
def bayesian_network_predict(w1, w2, x):
    z = np.einsum("k,j->kj", w1, x)
    f = np.einsum("k,kj->kj", w2, z * (z > 0))
    return f.sum(0) / len(w1), 1 + np.std(f, axis=0) ** 2
"""
SINGLE = VECTORISED.replace("    f =", "    w1, w2, x = map(np.float32, (w1, w2, x))\n    f =")

WHEATS = {
    "bayesian_network.ridge_mean": {
        "shortest": "(B - c/B)/log(B^2/c)",
        "one fraction": "(B^2 - c)/(B*log(B**2/c))",
        "two logarithms": "(B - c/B)/(2*log(B) - log(c))",
        "hyperbolic": "sqrt(c)*sinh(log(B^2/c)/2)/(log(B^2/c)/2)",
        "negative": "(c/B - B)/log(c/B^2)",
        "LaTeX": r"\frac{B - \frac{c}{B}}{\ln \frac{B^2}{c}}",
    },
    "bayesian_network.sum_plug_in": {
        "shortest": "2*tanh((a + b)*x/2)",
        "two units": "tanh((a + b)*x/2) + tanh((a + b)/2*x)",
        "half argument": "2*sinh((a + b)*x)/(cosh((a + b)*x) + 1)",
        "exponentials": "2*(exp((a + b)*x) - 1)/(exp((a + b)*x) + 1)",
        "multiplied out": "2*tanh(a*x/2 + b*x/2)",
        "LaTeX": r"2 \tanh\left(\frac{a + b}{2} x\right)",
    },
    "bayesian_network.two_weights": {
        "ends of the ridge": {"first": ["6/10", 10], "second": [10, "6/10"]},
        "decimals": {"first": ["0.6", 10], "second": [10, "0.6"]},
        "both negative": {"first": [-10, "-3/5"], "second": ["-3/5", -10]},
        "not quite the end": {"first": ["5/8", "48/5"], "second": [10, "3/5"]},
        "exchanged": {"first": [10, "3/5"], "second": ["3/5", 10]},
        "near the other end": {"first": ["3/5", 10], "second": ["48/5", "5/8"]},
    },
    "bayesian_network.more_data": {"letter": "c", "capital": "C", "bracketed": "(c)", "list": ["c"]},
    "bayesian_network.predict": {
        "vectorised": VECTORISED,
        "loops": LOOPS,
        "second moment": SECOND_MOMENT,
        "all pairs": PAIRS,
        "einsum": EINSUM,
        "float32": SINGLE,
    },
}
CHAFFS = {
    "bayesian_network.ridge_mean": {
        "logarithm of the root": "2*(B - c/B)/log(B^2/c)",
        "base 10": "(B - c/B)*log(10)/log(B^2/c)",
        "the other weight's integrand": "(B - c/B)/(c*log(B^2/c))",
        "off by a thousandth": "(B - c/B)/log(B^2/c)*1001/1000",
    },
    "bayesian_network.sum_plug_in": {
        "difference": "2*tanh((a - b)*x/2)",
        "half": "2*tanh((a + b)*x/4)",
        "geometric mean": "2*tanh(sqrt(abs(a*b))*x)",
    },
    "bayesian_network.two_weights": {
        "too close": {"first": [1, 6], "second": [6, 1]},
        "just short": {"first": ["3/4", 8], "second": [10, "3/5"]},
        "one does not fit": {"first": ["6/10", 10], "second": [10, 10]},
    },
    "bayesian_network.predict": {
        "divided by N - 1": VECTORISED.replace("f.var(axis=1)", "f.var(axis=1) * len(w1) / max(len(w1) - 1, 1)"),
        "abs for relu": VECTORISED.replace("np.maximum(np.outer(x, w1), 0)", "np.abs(np.outer(x, w1))"),
        "plug-in": VECTORISED.replace("f.mean(axis=1)", "w2.mean() * np.maximum(w1.mean() * x, 0)"),
        "no relu": VECTORISED.replace("np.maximum(np.outer(x, w1), 0)", "np.outer(x, w1)"),
    },
}
