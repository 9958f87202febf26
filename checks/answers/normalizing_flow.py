"""Known answers to the exercises of question 2 (b): `WHEATS` are right, `CHAFFS` are wrong."""

ADJOINT = """
def normalizing_flow_grad_u(z0, u, w, b, x):
    z, kept = z0, []
    for k in range(len(b)):
        h = np.tanh(w[k] @ z + b[k])
        s, c = 1 - h**2, w[k] @ u[k]
        kept.append((h, s, -2 * h * s, c, 1 + c * s))
        z = z + u[k] * h
    d, G = x - 2 * z, np.empty_like(u)
    for k in reversed(range(len(b))):
        h, s, t, c, D = kept[k]
        G[k] = h * d + s / D * w[k]
        d = d + w[k] * (s * (u[k] @ d) + c * t / D)
    return G
"""
COMPLEX_STEP = """
def part(z0, u, w, b, x):
    z, total = z0, 0
    for k in range(len(b)):
        h = np.tanh(w[k] @ z + b[k])
        D = 1 + (w[k] @ u[k]) * (1 - h**2)
        total += D.imag / D.real
        z = z + u[k] * h
    return total - (z @ z / 2 + (x - z) @ (x - z) / 2).imag

def normalizing_flow_grad_u(z0, u, w, b, x):
    G = np.empty_like(u)
    for index in np.ndindex(u.shape):
        v = u.astype(complex)
        v[index] += 1e-30j
        G[index] = part(z0, v, w, b, x) / 1e-30
    return G
"""
PLAIN_LISTS = """
from math import tanh
def normalizing_flow_grad_u(z0, u, w, b, x):
    dot = lambda p, q: sum(float(s) * float(t) for s, t in zip(p, q))
    z = [list(map(float, z0))]
    for u_k, w_k, b_k in zip(u, w, b):
        h = tanh(dot(w_k, z[-1]) + b_k)
        z.append([p + q * h for p, q in zip(z[-1], u_k)])
    back = [t - 2 * s for s, t in zip(z[-1], x)]
    rows = []
    for u_k, w_k, b_k, before in list(zip(u, w, b, z))[::-1]:
        h = tanh(dot(w_k, before) + b_k)
        slope, c = 1 - h * h, dot(w_k, u_k)
        D = 1 + c * slope
        rows.insert(0, [h * d + q * slope / D for d, q in zip(back, w_k)])
        by_a = slope * dot(u_k, back) - 2 * c * h * slope / D
        back = [d + q * by_a for d, q in zip(back, w_k)]
    return rows
"""
FORWARD = """
def normalizing_flow_grad_u(z0, u, w, b, x):
    K, n = u.shape
    z, M, G = z0, np.zeros((n, K, n)), np.zeros((K, n))      # M[i, k, j] is the slope of z_i by u[k, j]
    for k in range(K):
        h = np.tanh(w[k] @ z + b[k])
        s, c = 1 - h**2, w[k] @ u[k]
        of_a = np.einsum("i,ikj->kj", w[k], M)
        G += c * (-2 * h * s) / (1 + c * s) * of_a
        G[k] += s / (1 + c * s) * w[k]
        M = M + s * np.einsum("i,kj->ikj", u[k], of_a)
        M[:, k, :] += h * np.eye(n)
        z = z + u[k] * h
    return G + np.einsum("i,ikj->kj", x - 2 * z, M)
"""
JACOBIANS = """
def normalizing_flow_grad_u(z0, u, w, b, x):
    K, n = u.shape
    a, z = [], [z0]
    for k in range(K):
        a.append(w[k] @ z[k] + b[k])
        z.append(z[k] + u[k] * np.tanh(a[k]))
    J = [np.eye(n) + np.outer(u[k], w[k]) / np.cosh(a[k]) ** 2 for k in range(K)]
    G = []
    for k in range(K):
        onward, total = np.eye(n), 0
        for j in range(k + 1, K):
            slope = 1 / np.cosh(a[j]) ** 2
            log_slope = -2 * np.tanh(a[j]) * slope * (w[j] @ u[j]) / np.linalg.det(J[j])
            total = total + log_slope * onward.T @ w[j]
            onward = J[j] @ onward
        total = total + onward.T @ (x - 2 * z[K])
        G.append(np.tanh(a[k]) * total + w[k] / np.cosh(a[k]) ** 2 / np.linalg.det(J[k]))
    return np.array(G)
"""
SINGLE = ADJOINT.replace("z, kept = z0, []", "z0, u, w, b, x = map(np.float32, (z0, u, w, b, x))\n    z, kept = z0, []")
CENTRAL = """
def objective(z0, u, w, b, x):
    z, total = z0, 0
    for k in range(len(b)):
        h = np.tanh(w[k] @ z + b[k])
        total += np.log(abs(1 + (w[k] @ u[k]) * (1 - h**2)))
        z = z + u[k] * h
    return total - z @ z / 2 - (x - z) @ (x - z) / 2

def normalizing_flow_grad_u(z0, u, w, b, x):
    G = np.empty_like(u)
    for index in np.ndindex(u.shape):
        E = np.zeros_like(u)
        E[index] = 1e-5
        G[index] = (objective(z0, u + E, w, b, x) - objective(z0, u - E, w, b, x)) / 2e-5
    return G
"""

WHEATS = {
    "normalizing_flow.planar_chain": {
        "by J": ["D", "det(J)", "det(eye(n) + gp*u*w.T)", "1 + gp*w.T*u"],
        "equals signs": ["= det(eye(n) + u*w.T*gp)", "= 1 + gp*u.T*w"],
        "with reasons": [
            ["det(eye(n) + gp*u*w.T)", "the Jacobian"],
            ["1 + w.T*u*gp", "determinant of a matrix changed by one of rank one"],
        ],
        "by the trace": ["det(J)", "det(eye(n) + gp*u*w.T)", "1 + gp*tr(u*w.T)"],
        "LaTeX": ["det(eye(n) + gp*u*w.T)", r"1 + gp \, w^\top u"],
        "one text": "D\ndet(J.T)\ndet(eye(n) + gp*w*u.T)\n1 + gp*w.T*u",
    },
    "normalizing_flow.grad_u": {
        "the recurrence": ADJOINT,
        "complex steps": COMPLEX_STEP,
        "lists and loops": PLAIN_LISTS,
        "forward, by einsum": FORWARD,
        "products of Jacobians": JACOBIANS,
        "float32": SINGLE,
    },
    "normalizing_flow.folding": {
        "along an axis": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
        "strong": {"u": [0, -8], "w": [0, "1/2"], "b": 0, "p": [0, -1], "q": [0, 1]},
        "along the diagonal": {"u": [-1, -1], "w": [1, 1], "b": 0, "p": ["-1/4", "-1/4"], "q": ["1/4", "1/4"]},
        "oblique": {"u": [-4, 2], "w": [1, 1], "b": 0, "p": [0, "-1/2"], "q": ["1/2", 0]},
        "with an offset": {"u": [-3, 0], "w": [1, 0], "b": 5, "p": ["-11/2", 7], "q": ["-9/2", 7]},
    },
}
CHAFFS = {
    "normalizing_flow.planar_chain": {
        "only the question": ["D", "det(J)"],
        "not finished": ["D", "det(eye(n) + gp*u*w.T)"],
        "no route": ["1 + gp*w.T*u"],
        "a product of the diagonal": ["D", "det(eye(n) + gp*diag(u)*diag(w))", "1 + gp*w.T*u"],
    },
    "normalizing_flow.grad_u": {
        "the prior is forgotten": ADJOINT.replace("x - 2 * z", "x - z"),
        "slope of tanh without its sign": ADJOINT.replace("-2 * h * s", "2 * h * s"),
        "half of the second slope": ADJOINT.replace("-2 * h * s", "-h * s"),
        "the first layer is forgotten": ADJOINT.replace("reversed(range(", "reversed(range(1, ").replace(
            "empty", "zeros"
        ),
        "no slope on the way back": ADJOINT.replace("(s * (u[k] @ d)", "((u[k] @ d)"),
        "differences in double precision": CENTRAL,
    },
    "normalizing_flow.folding": {
        "one point": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": [1, 0], "q": [1, 0]},
        "the wrong way round": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": ["1/2", 0], "q": ["-1/2", 0]},
        "on the border": {"u": [-1, 0], "w": [1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
        "no direction": {"u": [-2, 0], "w": [0, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
    },
}
