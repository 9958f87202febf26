"""Known answers to the exercises of question 1 (b), (c): `WHEATS` are right, `CHAFFS` are wrong."""

NILPOTENT = """
def rnn_long_range_growing(slopes):
    c = 2 / (slopes[0] - slopes[1])
    return c * np.array([[1, 1], [-1, -1]])
"""
SOLVED = """
def rnn_long_range_shrinking(slopes):
    d, e = slopes
    m = min(slopes)
    p, q = 1.5 / m, 2 / m
    a = (0.5 + 2 * d * e * p * q - (p + q) * e) / (d - e)
    U = np.array([[a, 1.0], [0.0, p + q - a]])
    U[1, 0] = U[0, 0] * U[1, 1] - p * q
    J = np.diag(slopes) @ U
    return U, np.array([J[1, 0], 0.5 - J[0, 0]])
"""
UPPER = """
def rnn_long_range_growing(slopes):
    d, e = slopes
    a = 3 / (d - e)          # the trace of diag(slopes) U is 3, both eigenvalues of U are 0
    return [[a, -abs(a)], [abs(a), -a]]
"""
SCALED = """
def rnn_long_range_growing(slopes):
    v, w = np.array([1.0, -1.0]), np.array([1.0, 1.0])
    U = np.outer(w, v)[::-1] * 1.0
    J = np.diag(slopes) @ U
    return U * 4 / abs(np.trace(J))
"""
SINGLE = NILPOTENT.replace("np.array([[1, 1], [-1, -1]])", "np.array([[1, 1], [-1, -1]], dtype=np.float32)")
SHIFTED = """
def rnn_long_range_growing(slopes):
    c = 8 / (slopes[0] - slopes[1])
    half = 0.5 / max(slopes)      # eigenvalues half the bound, not 0
    return [[c + half, 2 * c], [-c / 2, half - c]]
"""
BY_EINSUM = """
def rnn_long_range_growing(slopes):
    v = np.array([1.0, -1.0])
    trace = np.einsum("i,i,i->", v, slopes, np.ones(2))      # of diag(slopes) (v 1ᵀ)
    return np.einsum("i,j->ij", v, np.ones(2)) * 2.5 / trace
"""
BY_LOOPS = """
def rnn_long_range_growing(slopes):
    c = 1.0
    while True:
        U = [[c, c], [-c, -c]]
        J = [[slopes[i] * U[i][j] for j in range(2)] for i in range(2)]
        if abs(J[0][0] + J[1][1]) >= 2:                      # the eigenvalue of J that is not 0
            return U
        c *= 2
"""
NO_ARRAY = """
def rnn_long_range_shrinking(slopes):
    d, e = (float(s) for s in slopes)
    p, q = 3 / min(d, e), 5 / min(d, e)
    a = (0.25 + 4 * d * e * p * q - (p + q) * e) / (d - e)   # 1/4 is an eigenvalue of diag(d) U
    b = -2.0
    c = (a * (p + q - a) - p * q) / b
    return [[a, b], [c, p + q - a]], [e * c, 0.25 - d * a]
"""
EIGENVECTOR = SOLVED.replace(
    "return U, np.array([J[1, 0], 0.5 - J[0, 0]])",
    "values, vectors = np.linalg.eig(J.T)\n    return U, vectors[:, np.argmin(abs(values))]",
)
# only the weights: v in single precision has a share in the direction that explodes, and it is not small any more
SHRINKING_SINGLE = EIGENVECTOR.replace("    J =", "    U = np.float32(U)\n    J =")
SHRINKING_EINSUM = SOLVED.replace("np.diag(slopes) @ U", 'np.einsum("i,ij->ij", slopes, U)').replace(
    "np.array([J[1, 0], 0.5 - J[0, 0]])", 'np.einsum("ij,j->i", [[0, 1], [-1, 0]], [J[0, 0] - 0.5, J[1, 0]])'
)
SHRINKING_LOOPS = """
def rnn_long_range_shrinking(slopes):
    d, e = slopes
    m = min(slopes)
    p, q = 1.5 / m, 2 / m
    a = (0.5 + 2 * d * e * p * q - (p + q) * e) / (d - e)
    U = [[a, 1.0], [a * (p + q - a) - p * q, p + q - a]]
    # the larger eigenvalue divided out of any vector, by the theorem of Cayley and Hamilton
    J = [[slopes[i] * U[i][j] for j in range(2)] for i in range(2)]
    largest = J[0][0] + J[1][1] - 0.5
    v = []
    for j in range(2):
        v.append(sum((1.0, 0.5)[i] * (J[i][j] - largest * (i == j)) for i in range(2)))
    return U, v
"""
NULL_SPACE = SOLVED.replace(
    "return U, np.array([J[1, 0], 0.5 - J[0, 0]])",
    "return U, np.linalg.svd((J - np.eye(2) / 2).T)[2][-1]",
)

WHEATS = {
    "rnn_long_range.steepest": {
        "a power": "(lam*s)^l",
        "two powers": "lam^l*s^l",
        "exp and log": "exp(l*log(lam*s))",
        "one factor apart": "(s*lam)**(l-1)*s*lam",
        "LaTeX": r"(lam \cdot s)^{l}",
    },
    "rnn_long_range.growing": {
        "nilpotent": NILPOTENT,
        "negative": NILPOTENT.replace("c * np", "-3 * c * np"),
        "one sign turned": UPPER,
        "scaled": SCALED,
        "float32": SINGLE,
        "eigenvalues not 0": SHIFTED,
        "einsum": BY_EINSUM,
        "loops": BY_LOOPS,
    },
    "rnn_long_range.shrinking": {
        "solved": SOLVED,
        "other eigenvalues": SOLVED.replace("1.5 / m, 2 / m", "1.25 / m, 8 / m"),
        "no arrays": NO_ARRAY,
        "eigenvector": EIGENVECTOR,
        "null space": NULL_SPACE,
        "float32": SHRINKING_SINGLE,
        "einsum": SHRINKING_EINSUM,
        "loops": SHRINKING_LOOPS,
    },
    "rnn_long_range.cancelling": {
        "one state is 0": {"w": 2, "h0": 25, "x": [-50, -100, 0]},
        "no first input": {"w": -3, "h0": 12, "x": [0, -324, "1/3"]},
        "decimals": {"w": 2, "h0": "25.5", "x": ["-51", -102, 0]},
        "fractions": {"w": "5/2", "h0": 16, "x": [-80, 100, 7]},
        "negative start": {"w": 10, "h0": -1, "x": [5, 200, 0]},
        "large": {"w": 100, "h0": 1, "x": ["-100", -10000, 0]},
    },
    "rnn_long_range.condition": {"letter": "c", "capital": "C", "bracketed": "(c)", "list": ["c"]},
}
CHAFFS = {
    "rnn_long_range.steepest": {"the weights once": "lam*s^l", "off by a thousandth": "(lam*s)^l*1001/1000"},
    "rnn_long_range.growing": {
        "grows too slowly": NILPOTENT.replace("2 /", "1.1 /"),
        "nothing": "def rnn_long_range_growing(slopes):\n    return np.zeros((2, 2))",
        "one order of slopes only": NILPOTENT.replace("slopes[0] - slopes[1]", "slopes[0]"),
        "large and negative": "def rnn_long_range_growing(slopes):\n    return -9 / min(slopes) * np.eye(2)",
    },
    "rnn_long_range.shrinking": {
        "small eigenvalues": SOLVED.replace("1.5 / m", "0.5 / m"),
        "right eigenvector": SOLVED.replace("[J[1, 0], 0.5", "[J[0, 1], 0.5"),
    },
    "rnn_long_range.cancelling": {
        "nearly": {"w": 2, "h0": 25, "x": [-50, "-100.001", 0]},
        "small weight": {"w": 1, "h0": 100, "x": [-100, -100, 0]},
    },
}
