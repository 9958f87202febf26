"""Known answers to the exercises of question 3 (b), (c): `WHEATS` are right, `CHAFFS` are wrong."""

PRECISION = """
def relu_extrapolation_last_layer(F, y, Fs):
    A = F.T @ F * 4 + np.eye(F.shape[1])
    mean = Fs @ np.linalg.solve(A, 4 * F.T @ y)
    return mean, np.einsum("mi,im->m", Fs, np.linalg.solve(A, Fs.T))
"""
PROCESS = """
def relu_extrapolation_last_layer(F, y, Fs):
    K = F @ F.T + np.eye(len(y)) / 4
    ks = F @ Fs.T
    return ks.T @ np.linalg.solve(K, y), (Fs**2).sum(1) - (ks * np.linalg.solve(K, ks)).sum(0)
"""
ONE_BY_ONE = """
def relu_extrapolation_last_layer(F, y, Fs):
    mu, S = np.zeros(F.shape[1]), np.eye(F.shape[1])
    for phi, value in zip(F, y):
        gain = S @ phi / (phi @ S @ phi + 0.25)
        mu = mu + gain * (value - phi @ mu)
        S = S - np.outer(gain, phi @ S)
    return [float(p @ mu) for p in Fs], [float(p @ S @ p) for p in Fs]
"""
RIDGE = """
def relu_extrapolation_last_layer(F, y, Fs):
    # least squares with the prior as extra rows
    h = F.shape[1]
    rows = np.vstack([2 * F, np.eye(h)])
    w = np.linalg.lstsq(rows, np.concatenate([2 * y, np.zeros(h)]), rcond=None)[0]
    R = np.linalg.qr(rows)[1]
    return Fs @ w, (np.linalg.solve(R.T, Fs.T) ** 2).sum(0)
"""
DECOMPOSED = """
def relu_extrapolation_last_layer(F, y, Fs):
    U, s, Vt = np.linalg.svd(F)
    squares = np.zeros(F.shape[1])
    squares[:len(s)] = s**2
    S = Vt.T @ np.diag(1 / (1 + 4 * squares)) @ Vt
    return Fs @ S @ F.T @ y * 4, np.diag(Fs @ S @ Fs.T)
"""

WHEATS = {
    "relu_extrapolation.slope": {
        "maxima": "v1*max(w1, 0) + v2*max(w2, 0)",
        "relu": "v2*relu(w2) + v1*relu(w1)",
        "moduli": "(v1*(w1 + abs(w1)) + v2*(w2 + abs(w2)))/2",
        "minima": "v1*w1 + v2*w2 - v1*min(w1, 0) - v2*min(0, w2)",
        "LaTeX": r"v1 \max(w1, 0) + v2 \max(0, w2)",
    },
    "relu_extrapolation.variance_chain": {
        "step by step": ["v", "S*phi^2", "S*max(w*(x+alpha*d)+b, 0)^2", "S*(w*(x+alpha*d)+b)^2"],
        "with reasons": [
            ["S*phi**2", "a constant factor comes out squared"],
            ["S*max(0, w*x + alpha*w*d + b)**2", "the unit"],
            ["S*(w*x + b + alpha*w*d)**2", "past its kink"],
        ],
        "multiplied out": [
            "S*phi^2",
            "S*(w*x+b)^2 + 2*S*alpha*w*d*(w*x+b) + S*alpha^2*w^2*d^2",
        ],
        "LaTeX": [r"S \cdot phi^2", r"S \cdot (w \cdot (x + \alpha \cdot d) + b)^2"],
        "relu": ["S*relu(w*(x+alpha*d)+b)^2", "S*(b + w*(x+alpha*d))^2"],
    },
    "relu_extrapolation.overconfident": {
        "two sides": {"w": [-1, 1], "b": [-2, 0], "v": [1, 1], "c": "-1/2"},
        "steeper": {"w": [-2, 3], "b": [-5, 0], "v": ["1/2", "1/2"], "c": -1},
        "decimals": {"w": ["-0.5", "0.5"], "b": [-1, 0], "v": [1, 4], "c": "-0.25"},
        "other order": {"w": [1, -1], "b": [1, -1], "v": [1, 1], "c": -1},
        "kink at the point": {"w": [-1, 1], "b": [-1, 1], "v": ["1/10", 1], "c": -1},
    },
    "relu_extrapolation.dead_direction": {
        "negative weights": {"W": [[-1, 0], [0, -1], [-1, -1]], "b": [0, 0, 0], "v": [1, 1]},
        "positive weights": {"W": [[1, 0], [0, 1], [1, 1]], "b": [1, 2, 3], "v": [-1, -1]},
        "a row at a right angle": {"W": [[0, 1], [-1, 0], [-1, 1]], "b": [5, 0, 0], "v": [1, 0]},
        "fractions": {"W": [["-1/2", 3], ["-1/3", 0], [-2, "1/7"]], "b": ["1/2", 0, -1], "v": ["5/2", 0]},
        "one that is off for ever": {"W": [[0, 0], [-1, 2], [-3, 1]], "b": [-1, 1, 1], "v": [2, 1]},
    },
    "relu_extrapolation.last_layer": {
        "precision": PRECISION,
        "process": PROCESS,
        "one by one": ONE_BY_ONE,
        "least squares": RIDGE,
        "singular values": DECOMPOSED,
        "float32": PRECISION.replace("    A =", "    F, y, Fs = map(np.float32, (F, y, Fs))\n    A ="),
    },
    "relu_extrapolation.far_away": {"list": ["b", "c", "e"], "text": "bce", "other order": ["e", "B", "c"]},
}
CHAFFS = {
    "relu_extrapolation.slope": {
        "one unit": "v1*max(w1, 0)",
        "with the constant": "v1*max(w1, 0) + v2*max(w2, 0) + b1",
        "off by a thousandth": "(v1*max(w1, 0) + v2*max(w2, 0))*1001/1000",
    },
    "relu_extrapolation.variance_chain": {
        "only the question": ["v", "v + 0"],
        "not finished": ["v", "S*phi^2", "S*max(w*(x+alpha*d)+b, 0)^2"],
        "no direction": ["S*phi^2", "S*(w*(x+alpha)+b)^2"],
        "right after wrong": ["S*phi", "S*(w*(x+alpha*d)+b)^2"],
    },
    "relu_extrapolation.overconfident": {
        "classes exchanged": {"w": [-1, 1], "b": [0, -2], "v": [1, 1], "c": "-1/2"},
        "not enough": {"w": [-1, 1], "b": [-2, 0], "v": ["1/20", 1], "c": "-1/2"},
    },
    "relu_extrapolation.dead_direction": {
        "one living unit": {"W": [[-1, 0], [0, -1], [1, -1]], "b": [0, 0, 0], "v": [2, 1]},
        "multiples of one row": {"W": [[-1, 0], [-2, 0], [-3, 0]], "b": [0, 0, 0], "v": [1, 0]},
    },
    "relu_extrapolation.last_layer": {
        "noise variance 1": PRECISION.replace("* 4 +", "+").replace("4 * F.T", "F.T"),
        "one weight short": PROCESS.replace("(Fs**2).sum(1)", "(Fs**2).sum(1) - Fs[:, 0]**2"),
        "jitter": PROCESS.replace("/ 4", "/ 4 + 1e-6 * np.eye(len(y))"),
        "covariance of the last point only": ONE_BY_ONE.replace("zip(F, y)", "zip(F[-1:], y[-1:])"),
    },
    "relu_extrapolation.far_away": {"one too few": ["b", "c"], "nothing Bayesian": ["b", "e"]},
}
