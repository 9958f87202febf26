"""Known answers to the exercise of question 2 (a): `WHEATS` are right, `CHAFFS` are wrong."""

WHEATS = {
    "variational.gap": {
        "shortest": "-log(1 - rho**2)/2",
        "two factors": "-(log(1 - rho) + log(1 + rho))/2",
        "a root": "-log(sqrt(1 - rho^2))",
        "an inverse": "log(1/(1 - rho^2))/2",
        "LaTeX": r"-\frac{1}{2} \log(1 - rho^2)",
        "by the precision": "log(1/(1 - rho^2)) + log(1 - rho^2)/2",
    },
}
CHAFFS = {
    "variational.gap": {
        "always zero": "0*rho",
        "one variable": "-log(1 - rho**2)/4",
        "base two": "-log(1 - rho**2)/(2*log(2))",
        "quartic": "rho**2/2 + rho**4/4",
    },
}
