"""Known answers to the exercises of question 1 (d): `WHEATS` are right, `CHAFFS` are wrong."""

CLIP = """
def rnn_remedies_clip_norm(G, d, most):
    size = np.sqrt((G**2).sum() + (d**2).sum())
    factor = min(1, most[0] / size) if size else 1
    return factor * G, factor * d
"""
STACKED = """
def rnn_remedies_clip_norm(G, d, most):
    size = np.linalg.norm(np.concatenate([G.ravel(), d]))
    if size <= most[0]:
        return G, d
    return G * most[0] / size, d * most[0] / size
"""
HYPOT = """
def rnn_remedies_clip_norm(G, d, most):
    size = np.hypot(np.linalg.norm(G), np.linalg.norm(d))
    scale = max(1.0, size / float(most[0]))
    return G / scale, d / scale
"""
LISTS = """
from math import sqrt
def rnn_remedies_clip_norm(G, d, most):
    numbers = [x for row in G for x in row] + list(d)
    size = sqrt(sum(x * x for x in numbers))
    f = 1.0 if size == 0 else min(1.0, most[0] / size)
    return [[f * x for x in row] for row in G], [f * x for x in d]
"""
SINGLE = """
def rnn_remedies_clip_norm(G, d, most):
    G, d = G.astype(np.float32), d.astype(np.float32)
    size = np.sqrt(np.einsum("ij,ij->", G, G) + d @ d)
    factor = np.float32(1) if size <= most[0] else np.float32(most[0]) / size
    return factor * G, factor * d
"""
GIVEN = "(w - 2*v*(v.T*w)/(v.T*v)).T * (w - 2*v*(v.T*w)/(v.T*v))"
EXPANDED = "w.T*w - 4*(v.T*w)**2/(v.T*v) + 4*(v.T*w)**2*(v.T*v)/(v.T*v)**2"

WHEATS = {
    "rnn_remedies.turning": {
        "five weights": {"g": [1000000, 1, 1, 1, 1]},
        "twelve weights": {"g": [1000, *[1] * 11]},
        "signs": {"g": [-500, 1, -1, 1, -1, 1, -1, 1]},
        "others clipped too": {"g": [2, "9000", -2, 3, 2, -2, 2, 2]},
        "fractions": {"g": ["30000/7", "9/10", "9/10", "-9/10", "9/10", "9/10", "9/10", "9/10"]},
        "decimals": {"g": ["1e5", 0, "0.99", 1, 1, 1, 0, "0.99", 1]},
    },
    "rnn_remedies.clipping": {"letters": "acf", "list": ["a", "c", "f"], "another order": "f, a, c"},
    "rnn_remedies.path_around": {
        "two terms": "a*eye(n) + b*diag(gp)*U",
        "other order": "b*diag(gp)*U + eye(n)*a",
        "transposed twice": "(a*eye(n) + b*U.T*diag(gp)).T",
        "factor inside": "a*eye(n) + diag(b*gp)*U",
        "factored": "b*(a/b*eye(n) + diag(gp)*U)",
        "columns apart": "a*eye(n) + b*diag(gp)*U*eye(n)",
    },
    "rnn_remedies.clip_norm": {
        "one factor": CLIP,
        "stacked": STACKED,
        "hypot": HYPOT,
        "no arrays": LISTS,
        "float32": SINGLE,
        "power": CLIP.replace("np.sqrt((G**2).sum() + (d**2).sum())", "((G * G).sum() + d @ d) ** 0.5"),
    },
    "rnn_remedies.reflection": {
        "three lines": [GIVEN, EXPANDED, "w.T*w"],
        "two lines": [EXPANDED, "w.T*w"],
        "term by term": [
            GIVEN,
            "w.T*w - 2*(w.T*v)*(v.T*w)/(v.T*v) - 2*(v.T*w)*(v.T*w)/(v.T*v) + 4*(v.T*w)**2/(v.T*v)",
            "w.T*w",
        ],
        "reasons": [[GIVEN, "the square"], [EXPANDED, "multiplied out"], ["w.T*w", "the last two cancel"]],
        "turned": ["w.T*w - 4*(w.T*v)**2/(v.T*v) + 4*(w.T*v)**2/(v.T*v)", "w.T*w"],
    },
}
CHAFFS = {
    "rnn_remedies.turning": {
        "exactly 60 degrees is not reached": {"g": [1000, 1, 1, 1, 0]},
        "empty of others": {"g": [1000, 0, 0, 0, 0, 0]},
        "zero": {"g": [0, 0, 0, 0, 0]},
    },
    "rnn_remedies.clipping": {"one missing": "af", "one too many": "abcef"},
    "rnn_remedies.path_around": {
        "one slope for all": "a*eye(n) + b*U",
        "the gradient's matrix": "a*eye(n) + b*U.T*diag(gp)",
        "b on both": "b*eye(n) + b*diag(gp)*U",
    },
    "rnn_remedies.clip_norm": {
        "largest entry for the norm": CLIP.replace(
            "np.sqrt((G**2).sum() + (d**2).sum())", "max(abs(G).max(), abs(d).max())"
        ),
        "nan at 0": HYPOT.replace("return G / scale", "scale = scale * size / size\n    return G / scale"),
        "the matrix only": CLIP.replace("factor * d", "d"),
        "spectral norm": CLIP.replace("(G**2).sum()", "np.linalg.norm(G, 2) ** 2"),
    },
    "rnn_remedies.reflection": {
        "a wrong line between": [GIVEN, "w.T*w - 4*(v.T*w)**2/(v.T*v)", "w.T*w"],
        "the question again": [GIVEN],
        "another end": [GIVEN, EXPANDED, "2*w.T*w"],
    },
}
