"""Known answers to the exercises of question 2 (c): `WHEATS` are right, `CHAFFS` are wrong."""

E1, E2 = "exp(-(z-m1)^2/s1^2)", "exp(-(z-m2)^2/s2^2)"
SLOPE = f"(v1*(z-m1)/s1^2*{E1} + v2*(z-m2)/s2^2*{E2})"

WHEATS = {
    "bump_flow.by_height": {
        "factors of 2 cancelled": f"(z-m1)/s1^2*{E1}/{SLOPE}",
        "as it comes": f"(-2*(z-m1)/s1^2*{E1})/(-2*v1*(z-m1)/s1^2*{E1}-2*v2*(z-m2)/s2^2*{E2})",
        "one fraction": f"(z-m1)*s2^2*{E1}/(v1*(z-m1)*s2^2*{E1}+v2*(z-m2)*s1^2*{E2})",
        "one exponential": "(z-m1)*s2^2/(v1*(z-m1)*s2^2+v2*(z-m2)*s1^2*exp((z-m1)^2/s1^2-(z-m2)^2/s2^2))",
        "LaTeX": r"\frac{\frac{z-m1}{s1^2} e^{-\frac{(z-m1)^2}{s1^2}}}{\frac{v1 (z-m1)}{s1^2} "
        r"e^{-\frac{(z-m1)^2}{s1^2}} + \frac{v2 (z-m2)}{s2^2} e^{-\frac{(z-m2)^2}{s2^2}}}",
        "differences turned": f"(m1-z)/s1^2*{E1}/(v1*(m1-z)/s1^2*{E1}+v2*(m2-z)/s2^2*{E2})",
    },
    "bump_flow.density": {
        "two preimages": "(exp(-(m+s*sqrt(log(v/y)))^2/2)+exp(-(m-s*sqrt(log(v/y)))^2/2))"
        "/sqrt(2*pi)*s/(2*y*sqrt(log(v/y)))",
        "cosh": "s/(v*sqrt(log(v/y))*sqrt(2*pi))*(y/v)^(s^2/2-1)*exp(-m^2/2)*cosh(m*s*sqrt(log(v/y)))",
        "logarithms apart": "s*exp(-m^2/2)*exp(-s^2*(log(v)-log(y))/2)*cosh(m*s*sqrt(log(v)-log(y)))"
        "/(sqrt(2*pi)*y*sqrt(log(v)-log(y)))",
        "the log of y/v": "s*exp(-m^2/2+s^2*log(y/v)/2)*cosh(m*s*sqrt(-log(y/v)))/(y*sqrt(-2*pi*log(y/v)))",
        "LaTeX": r"\frac{s}{2 y \sqrt{2 \pi \log(v/y)}} \left( e^{-\frac{(m + s \sqrt{\log(v/y)})^2}{2}} "
        r"+ e^{-\frac{(m - s \sqrt{\log(v/y)})^2}{2}} \right)",
    },
    "bump_flow.gap_chain": {
        "step by step": [
            "d",
            "w1/(w1+w2)*(log(w1+w2)-log(w1)) + w2/(w1+w2)*(log(w1+w2)-log(w2))",
            "-w1/(w1+w2)*log(w1/(w1+w2)) - w2/(w1+w2)*log(w2/(w1+w2))",
            "-p*log(p) - (1-p)*log(1-p)",
        ],
        "with reasons": [
            ["p*log((w1+w2)/w1) + (1-p)*log((w1+w2)/w2)", "two cases"],
            ["-p*log(p) - (1-p)*log(1-p)", "the shares"],
        ],
        "log of the sum first": [
            "log(w1+w2) - p*log(w1) - (1-p)*log(w2)",
            "-p*log(p) - (1-p)*log(1-p)",
        ],
        "odds": ["log(w1+w2) - (w1*log(w1)+w2*log(w2))/(w1+w2)", "-log(1-p) - p*log(p/(1-p))"],
        "LaTeX": [
            r"\frac{w1}{w1+w2} \log\frac{w1+w2}{w1} + \frac{w2}{w1+w2} \log\frac{w1+w2}{w2}",
            r"p \log\frac{1}{p} + (1-p) \log\frac{1}{1-p}",
        ],
    },
    "bump_flow.not_a_bound": {
        "tall and low": {"v": ["1.51", "-0.93"], "mu": ["-0.55", "1.53"], "sigma": ["0.74", "0.49"]},
        "the other way round": {"v": ["-0.93", "1.51"], "mu": ["1.53", "-0.55"], "sigma": ["0.49", "0.74"]},
        "mirrored": {"v": ["1.51", "-0.93"], "mu": ["0.55", "-1.53"], "sigma": ["0.74", "0.49"]},
        "fractions": {"v": ["3/2", "-9/10"], "mu": ["-1/2", "3/2"], "sigma": ["3/4", "1/2"]},
        "far apart": {"v": ["1.47", "-1.137"], "mu": ["-0.511", "2.185"], "sigma": ["0.753", "0.88"]},
    },
    "bump_flow.injective": {"letter": "d", "capital": "D", "bracketed": "(d)", "list": ["d"]},
}
CHAFFS = {
    "bump_flow.by_height": {
        "by v2": f"(z-m2)/s2^2*{E2}/{SLOPE}",
        "a half": f"(z-m1)/s1^2*{E1}/{SLOPE}/2",
    },
    "bump_flow.density": {
        "of z": "exp(-y^2/2)/sqrt(2*pi)",
        "the modulus forgotten": "(exp(-(m+s*sqrt(log(v/y)))^2/2)-exp(-(m-s*sqrt(log(v/y)))^2/2))"
        "/sqrt(2*pi)*s/(2*y*sqrt(log(v/y)))",
    },
    "bump_flow.gap_chain": {
        "only the question": ["d", "d + 0"],
        "not finished": ["d", "log(w1+w2) - p*log(w1) - (1-p)*log(w2)"],
        "right after wrong": ["-p*log(p)", "-p*log(p) - (1-p)*log(1-p)"],
    },
    "bump_flow.not_a_bound": {
        "below": {"v": [1, 1], "mu": [-1, 2], "sigma": [1, "1/2"]},
        "huge": {"v": [100, -90], "mu": [0, 1], "sigma": [1, 1]},
    },
}
