"""Known answers to the exercises of question 1 (a): `WHEATS` are right, `CHAFFS` are wrong."""

STATES = """
def states(U, W, x, h0):
    h = [h0]
    for row in x:
        h.append(np.tanh(W @ row + U @ h[-1]))
    return h
"""
ADJOINT = (
    STATES
    + """
def rnn_grad_U(U, W, x, h0, y):
    h, d, G = states(U, W, x, h0), np.zeros_like(h0), np.zeros_like(U)
    for t in range(len(x), 0, -1):
        d = d + h[t] - y[t - 1]
        G += np.outer((1 - h[t]**2) * d, h[t - 1])
        d = U.T @ ((1 - h[t]**2) * d)
    return G
"""
)
UNROLLED = (
    STATES
    + """
def rnn_grad_U(U, W, x, h0, y):
    h, G = states(U, W, x, h0), 0
    for t in range(1, len(h)):
        v = h[t] - y[t - 1]
        for k in range(t, 0, -1):
            v = np.diag(1 - h[k]**2) @ v
            G = G + np.einsum("i,j->ij", v, h[k - 1])
            v = U.T @ v
    return G
"""
)
COMPLEX_STEP = """
def rnn_grad_U(U, W, x, h0, y):
    G = np.empty_like(U)
    for index in np.ndindex(U.shape):
        V = U.astype(complex)
        V[index] += 1e-30j
        h, loss = h0, 0
        for a, b in zip(x, y):
            h = np.tanh(W @ a + V @ h)
            loss = loss + ((h - b)**2).sum() / 2
        G[index] = loss.imag / 1e-30
    return G
"""
PLAIN_LISTS = """
from math import tanh
def rnn_grad_U(U, W, x, h0, y):
    n = len(h0)
    h = [list(h0)]
    for a in x:
        p = h[-1]
        z = [sum(w*v for w, v in zip(W[i], a)) + sum(u*v for u, v in zip(U[i], p)) for i in range(n)]
        h.append([tanh(v) for v in z])
    G, d = [[0.0]*n for _ in range(n)], [0.0]*n
    for t in range(len(x), 0, -1):
        e = [(1 - h[t][i]**2) * (d[i] + h[t][i] - y[t-1][i]) for i in range(n)]
        G = [[G[i][j] + e[i]*h[t-1][j] for j in range(n)] for i in range(n)]
        d = [sum(U[i][j]*e[i] for i in range(n)) for j in range(n)]
    return G
"""
FORWARD = """
def rnn_grad_U(U, W, x, h0, y):
    n = len(h0)
    h, J, G = h0, np.zeros((n, n, n)), np.zeros((n, n))
    for a, b in zip(x, y):
        J = np.einsum("ij,jkl->ikl", U, J) + np.einsum("ik,l->ikl", np.eye(n), h)
        h = np.tanh(W @ a + U @ h)
        J = (1 - h**2)[:, None, None] * J
        G += np.einsum("i,ikl->kl", h - b, J)
    return G
"""
SINGLE = ADJOINT.replace("h, d, G = states", "U, W, x, h0, y = map(np.float32, (U, W, x, h0, y))\n    h, d, G = states")
CENTRAL = COMPLEX_STEP.replace(
    "    return G",
    """    return G


def loss(U, W, x, h0, y):
    h, total = h0, 0
    for a, b in zip(x, y):
        h = np.tanh(W @ a + U @ h)
        total += ((h - b)**2).sum() / 2
    return total

def rnn_grad_U(U, W, x, h0, y):
    G = np.empty_like(U)
    for index in np.ndindex(U.shape):
        E = np.zeros_like(U)
        E[index] = 1e-5
        G[index] = (loss(U + E, W, x, h0, y) - loss(U - E, W, x, h0, y)) / 2e-5
    return G
""",
)

WHEATS = {
    "rnn.grad_U": {
        "the recurrence": ADJOINT,
        "the double sum": UNROLLED,
        "complex steps": COMPLEX_STEP,
        "lists and loops": PLAIN_LISTS,
        "forward, by einsum": FORWARD,
        "float32": SINGLE,
    },
    "rnn.adjoint_step": {
        "entrywise": "dL + U.T*hadamard(gp, d)",
        "diagonal": "dL + U.T*diag(gp)*d",
        "other order": "U^T @ hadamard(d, gp) + dL",
        "Jacobian transposed": "dL + (diag(gp)*U).T*d",
        "a row transposed": "(dL.T + d.T*diag(gp)*U).T",
        "two signs": "dL - transpose(U)*(-hadamard(gp, d))",
        "LaTeX": r"dL + U^\top (gp \odot d)",
    },
    "rnn.adjoint_chain": {
        "by J": ["D", "dL + J.T*d", "dL + U.T*hadamard(gp, d)"],
        "equals signs": ["= dL + J.T*d", "= dL + (diag(gp)*U).T*d", "= dL + U.T*diag(gp)*d"],
        "LaTeX with reasons": [
            ["dL + J^T d", "chain rule"],
            [r"dL + U^\top (gp \odot d)", "J is a product of a diagonal matrix and U"],
        ],
        "empty lines": ["", "dL + transpose(J)*d", "dL - U.T*(-hadamard(d, gp))", ""],
        "a detour": ["dL + U.T*hadamard(gp, d) + J.T*d - J.T*d", "dL + U.T*diag(gp)*d"],
        "one text": "D\ndL + J.T*d\n(dL.T + d.T*diag(gp)*U).T",
    },
}
CHAFFS = {
    "rnn.grad_U": {
        "no transpose": ADJOINT.replace("U.T @", "U @"),
        "slopes one step early": ADJOINT.replace("d = U.T @ ((1 - h[t]**2)", "d = U.T @ ((1 - h[t - 1]**2)"),
        "only the direct terms": ADJOINT.replace("d = U.T @ ((1 - h[t]**2) * d)", "d = 0 * d"),
        "no slopes": ADJOINT.replace("d = U.T @ ((1 - h[t]**2) * d)", "d = U.T @ d"),
        "one step short": ADJOINT.replace("range(len(x), 0, -1)", "range(len(x), 1, -1)"),
        "differences in double precision": CENTRAL,
    },
    "rnn.adjoint_step": {
        "slopes squared": "dL + U.T*hadamard(gp, hadamard(gp, d))",
        "inverse for transpose": "dL + inv(U)*hadamard(gp, d)",
    },
    "rnn.adjoint_chain": {
        "only the question": ["D", "2*D - D"],
        "not finished": ["D", "dL + J.T*d"],
        "no route": ["dL + U.T*hadamard(gp, d)"],
        "right after wrong": ["D", "dL + J*d", "dL + U.T*hadamard(gp, d)"],
    },
}
