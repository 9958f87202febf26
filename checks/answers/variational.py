"""Known answers to the exercises of question 2 (a): `WHEATS` are right, `CHAFFS` are wrong."""

WHEATS = {
    "variational.gap": {
        "shortest": "-log(1 - rho**2)/2",
        "two factors": "-(log(1 - rho) + log(1 + rho))/2",
        "a root": "-log(sqrt(1 - rho^2))",
        "an inverse": "log(1/(1 - rho^2))/2",
        "LaTeX": r"-\frac{1}{2} \log(1 - rho^2)",
        "by the precision": "log(1/(1 - rho^2)) + log(1 - rho^2)/2",
    },
    "variational.expressive": {
        "letters": "be",
        "a list": ["b", "e"],
        "capitals, with commas": "B, E",
        "bracketed": "(e) (b)",
        "repeated": ["e", "b", "b"],
    },
}
CHAFFS = {
    "variational.gap": {
        "always zero": "0*rho",
        "one variable": "-log(1 - rho**2)/4",
        "base two": "-log(1 - rho**2)/(2*log(2))",
        "quartic": "rho**2/2 + rho**4/4",
    },
    "variational.expressive": {
        "one of two": "b",
        "no letters": "",
        "a word": "the mean field",
        "all": "abcdef",
    },
}
