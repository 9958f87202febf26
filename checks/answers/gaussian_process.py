"""Known answers to the exercises of question 3: `WHEATS` are right, `CHAFFS` are wrong."""

KERNEL = """
def k(A, B):
    return np.exp(-0.5 * ((A[:, None] - B[None])**2).sum(-1))
"""
SOLVE = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    K, Ks = k(X, X), k(X, Xs)
    return Ks.T @ np.linalg.solve(K, y), k(Xs, Xs) - Ks.T @ np.linalg.solve(K, Ks)
"""
)
INVERSE = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    P, Ks = np.linalg.inv(k(X, X)), k(Xs, X)
    return Ks @ P @ y, k(Xs, Xs) - Ks @ P @ Ks.T
"""
)
CHOLESKY = (
    KERNEL
    + """
def gaussian_process_predict(X, y, Xs):
    L = np.linalg.cholesky(k(X, X))
    v = np.linalg.solve(L, k(X, Xs))
    return v.T @ np.linalg.solve(L, y), k(Xs, Xs) - v.T @ v
"""
)
EXPANDED_DISTANCES = SOLVE.replace(
    "((A[:, None] - B[None])**2).sum(-1)", "((A**2).sum(1)[:, None] + (B**2).sum(1) - 2 * A @ B.T)"
)
ONE_POINT_AT_A_TIME = """
def gaussian_process_predict(X, y, Xs):
    def kernel(a, b):
        return float(np.exp(-sum((p - q)**2 for p, q in zip(a, b)) / 2))
    K = np.array([[kernel(a, b) for b in X] for a in X])
    rows = np.array([[kernel(s, b) for b in X] for s in Xs])
    weights = [np.linalg.solve(K, row) for row in rows]
    mean = [float(w @ y) for w in weights]
    cov = [[kernel(s, t) - float(w @ row) for t, row in zip(Xs, rows)] for s, w in zip(Xs, weights)]
    return mean, cov
"""
WRAPPED = (
    SOLVE.replace("gaussian_process_predict", "solve")
    + """
def gaussian_process_predict(X, y, Xs):
    m, C = solve(X, y, Xs)
    return m, {}
"""
)

SINGLE = SOLVE.replace("K, Ks = k(X, X)", "X, y, Xs = map(np.float32, (X, y, Xs))\n    K, Ks = k(X, X)")
BY_EINSUM = """
def gaussian_process_predict(X, y, Xs):
    def k(A, B):
        inner = np.einsum("id,jd->ij", A, B)
        return np.exp(inner - np.einsum("id,id->i", A, A)[:, None] / 2 - np.einsum("jd,jd->j", B, B) / 2)
    W = np.linalg.solve(k(X, X), k(X, Xs))
    return np.einsum("is,i->s", W, y), k(Xs, Xs) - np.einsum("is,it->st", W, k(X, Xs))
"""

WHEATS = {
    "gaussian_process.predict": {
        "solve": SOLVE,
        "inverse": INVERSE,
        "Cholesky": CHOLESKY,
        "distances multiplied out": EXPANDED_DISTANCES,
        "loops": ONE_POINT_AT_A_TIME,
        "float32": SINGLE,
        "einsum": BY_EINSUM,
    },
    "gaussian_process.variance_one": {
        "shortest": "1 - exp(-(x-x1)**2)",
        "a square": "1 - exp(-(x1-x)^2/2)^2",
        "a product": "(1 - exp(-(x-x1)^2/2))*(1 + exp(-(x-x1)^2/2))",
        "sinh": "2*exp(-(x-x1)^2/2)*sinh((x-x1)^2/2)",
        "multiplied out": "1 - 1/exp(x^2 - 2*x*x1 + x1^2)",
        "tanh": "tanh((x-x1)^2/2)*(1 + exp(-(x-x1)^2))",
        "LaTeX": r"1 - e^{-(x-x1)^2}",
    },
    "gaussian_process.variance_chain": {
        "step by step": [
            "v",
            "kss - ks**2/k11",
            "1 - ks^2",
            "1 - exp(-(x-x1)^2/2)^2",
            "1 - exp(-(x-x1)^2)",
        ],
        "with reasons": [["kss - ks/k11*ks", "Schur complement"], ["1 - exp(-(x-x1)**2)", "the kernel"]],
        "LaTeX": [r"1 - \exp(-\frac{(x-x1)^2}{2})^2", r"1 - e^{-(x-x1)^2}"],
        "factored": ["(1 - ks)*(1 + ks)", "(1 - exp(-(x-x1)^2/2))*(1 + exp(-(x1-x)^2/2))"],
        "seen from the other side": ["k11 - ks^2/kss", "2*exp(-(x-x1)^2/2)*sinh((x-x1)^2/2)"],
    },
    "gaussian_process.loudest": {
        "a root": "E*sqrt(1 - v)",
        "under one root": "sqrt(E^2 - E^2*v)",
        "a power": "(1 - v)^(1/2)*E",
        "exp and log": "exp(log(E) + log(1 - v)/2)",
        "LaTeX": r"E \sqrt{1 - v}",
    },
    "gaussian_process.far_away": {"letter": "d", "capital": "D", "bracketed": "(d)", "list": ["d"]},
}
CHAFFS = {
    "gaussian_process.loudest": {
        "the square": "E^2*(1 - v)",
        "v squared": "E*sqrt(1 - v^2)",
        "off by a thousandth": "E*sqrt(1 - v)*1001/1000",
    },
    "gaussian_process.predict": {
        "jitter": SOLVE.replace("K, Ks = k(X, X),", "K, Ks = k(X, X) + 1e-9 * np.eye(len(X)),"),
        "centred on the data": SOLVE.replace("solve(K, y)", "solve(K, y - y.mean()) + y.mean()"),
        "variances only": WRAPPED.format("np.diag(np.diag(C))"),
        "standard deviations": WRAPPED.format("np.sqrt(np.abs(C))"),
    },
    "gaussian_process.variance_one": {
        "sum for difference": "1 - exp(-(x+x1)^2)",
        "one place forgotten": "1 - exp(-x^2)",
        "off by 1e-30": "1 - exp(-(x-x1)^2) + 1e-30",
        "no value": "log(x - x1)",
        "no value that a computer holds": "exp(exp(exp(x - x1 + 9)))",
    },
    "gaussian_process.variance_chain": {
        "only the question": ["v", "v + 0"],
        "not finished": ["v", "kss - ks**2/k11"],
        "no route": ["1 - exp(-(x-x1)^2)"],
        "right after wrong": ["1 - ks", "1 - exp(-(x-x1)^2)"],
    },
}
