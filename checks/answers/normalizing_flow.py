"""Known answers to the exercise of question 2 (b): `WHEATS` are right, `CHAFFS` are wrong."""

WHEATS = {
    "normalizing_flow.folding": {
        "along an axis": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
        "strong": {"u": [0, -8], "w": [0, "1/2"], "b": 0, "p": [0, -1], "q": [0, 1]},
        "along the diagonal": {"u": [-1, -1], "w": [1, 1], "b": 0, "p": ["-1/4", "-1/4"], "q": ["1/4", "1/4"]},
        "oblique": {"u": [-4, 2], "w": [1, 1], "b": 0, "p": [0, "-1/2"], "q": ["1/2", 0]},
        "with an offset": {"u": [-3, 0], "w": [1, 0], "b": 5, "p": ["-11/2", 7], "q": ["-9/2", 7]},
    },
}
CHAFFS = {
    "normalizing_flow.folding": {
        "one point": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": [1, 0], "q": [1, 0]},
        "the wrong way round": {"u": [-2, 0], "w": [1, 0], "b": 0, "p": ["1/2", 0], "q": ["-1/2", 0]},
        "on the border": {"u": [-1, 0], "w": [1, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
        "no direction": {"u": [-2, 0], "w": [0, 0], "b": 0, "p": ["-1/2", 0], "q": ["1/2", 0]},
    },
}
