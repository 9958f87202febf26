"""Pairs of formulas on which engines of equality fail: the tests hold ours to them, the benchmark times it."""

from derivations.shapes import read_shapes

# A flat table: what it is about; expected; answer; declarations; are they equal?
# A declaration is "s>0" (positive) or "X:n,m" (a matrix); all other names are real numbers.
PAIRS = r"""
KL of Gaussians | log(s2/s1) + (s1^2 + (m1-m2)^2)/(2*s2^2) - 1/2 | (log(s2^2) - log(s1^2) + s1^2/s2^2 + (m1-m2)^2/s2^2 - 1)/2 | s1>0 s2>0 | yes
KL of Gaussians, variances | (log(v2/v1) + v1/v2 + (m1-m2)^2/v2 - 1)/2 | log(sqrt(v2)/sqrt(v1)) + (v1 + (m1-m2)**2)/(2*v2) - 0.5 | v1>0 v2>0 | yes
KL of Gaussians, by ratio | -log(s1/s2) + (s1/s2)^2/2 + ((m1-m2)/s2)^2/2 - 1/2 | log(s2) - log(s1) - 1/2*(1 - (s1^2 + (m1-m2)^2)/s2^2) | s1>0 s2>0 | yes
KL of Gaussians, reversed | log(s2/s1) + (s1^2 + (m1-m2)^2)/(2*s2^2) - 1/2 | log(s1/s2) + (s2^2 + (m1-m2)^2)/(2*s1^2) - 1/2 | s1>0 s2>0 | no
KL of Gaussians, half forgotten | log(s2/s1) + (s1^2 + (m1-m2)^2)/(2*s2^2) - 1/2 | log(s2/s1) + (s1^2 + (m1-m2)^2)/(2*s2^2) | s1>0 s2>0 | no
KL of Gaussians, deviation for variance | log(s2/s1) + (s1^2 + m^2)/(2*s2^2) - 1/2 | log(s2/s1) + (s1 + m^2)/(2*s2) - 1/2 | s1>0 s2>0 | no
KL to the standard normal | (s^2 + m^2 - 1)/2 - log(s) | -1/2*(1 + log(s^2) - m^2 - s^2) | s>0 | yes
KL to the standard normal, log-variance | -(1 + l - m^2 - exp(l))/2 | (exp(l) + m^2 - 1 - l)/2 | - | yes
KL to the standard normal, sign | -(1 + l - m^2 - exp(l))/2 | (exp(-l) + m^2 - 1 + l)/2 | - | no
exponent, decimals | exp(0.123*log(x)) | x^0.123 | x>0 | yes
exponent, decimals, another | exp(0.123*log(x)) | x^0.124 | x>0 | no
exponent, whole | exp(65*log(x)) | x^65 | x>0 | yes
exponent, a constant's log | exp(x*log(1000)) | 1000^x | - | yes
exponent, density | \exp\left(-0.5\log(2\pi)-0.005x^2\right) | \frac{1}{\sqrt{2\pi}}e^{-x^2/200} | - | yes
exponent, rotary angles | \sin\left(\frac{t}{10000^{2i/d}}\right) | \sin\left(t\,e^{-\frac{2i}{d}\ln 10000}\right) | d>0 | yes
exponent, limit of a power | (1+x/1000)^1000 | exp(x) | x>0 | no
exponent, log-det of a large matrix | log(abs(det(X/255))) | log(abs(det(X)))-784*log(255) | X:784,784 | yes
log gamma of thousands | lgamma(2000) | lgamma(1999)+log(1999) | - | yes
log gamma of thousands, index | lgamma(2000) | lgamma(1999)+log(2000) | - | no
cube root, odd | \sqrt[3]{-x} | -\sqrt[3]{x} | - | yes
cube root, cubed | \left(\sqrt[3]{x}\right)^3 | x | - | yes
cube root, factor | \sqrt[3]{8x^3} | 2x | - | yes
cube root, as a power | \sqrt[3]{x} | x^{1/3} | - | no
cube root, by name | cbrt(x)^2 | abs(x)^(2/3) | - | yes
fifth root | \sqrt[5]{x^5} | x | - | yes
fourth root | \sqrt[4]{x^4} | x | - | no
sech | \operatorname{sech}^2 x | 1-\tanh^2 x | - | yes
sech, square forgotten | \operatorname{sech} x | 1-\tanh^2 x | - | no
secant | \sec^2 x - \tan^2 x | 1 + \frac{0}{\cos x} | - | yes
expit | \operatorname{expit}(x) | \sigma(x) | - | yes
normal distribution, its letter | \Phi(x) | \frac12\left(1+\operatorname{erf}\frac{x}{\sqrt 2}\right) | - | yes
normal distribution, quantile | \Phi^{-1}(\Phi(x)) | x | - | yes
features are no distribution | \Phi(x+y) | Phi*x + Phi*y | Phi:n,m x:m,1 y:m,1 | yes
inverse of erf | \operatorname{erf}^{-1}(\operatorname{erf}(x)) | x | - | yes
silu | silu(x) | x*sigmoid(x) | - | yes
log of a sum of exponentials by name | logaddexp(x, y) | log(e^x + e^y) | - | yes
hypotenuse | hypot(x, y)^2 | x^2 + y^2 | - | yes
beta function by name | beta(a, b+1) | beta(a, b)*b/(a+b) | a>0 b>0 | yes
no brackets | log x + log y | log(x*y) | x>0 y>0 | yes
no brackets, powers of functions | sin^2(x)+cos^2(x) | 1 | - | yes
no brackets, of a product | cos 2x | cos(2*x) | - | yes
no brackets, of no product | cos 2x | cos(2)*x | - | no
no brackets, log det | log det A | log(det(A)) | A:n,n | yes
no brackets, trace | tr A B | tr(B*A) | A:n,n B:n,n | yes
run together, matrices | (AB)^T | B^T A^T | A:n,n B:n,n | yes
run together, order | AB | B*A | A:n,n B:n,n | no
run together, brackets | A(B+C) | AB+AC | A:n,n B:n,n C:n,n | yes
run together, quadratic form | x^TAx | x.T*A*x | A:n,n x:n,1 | yes
run together, push-through | A(I+BA)^-1 | (I+AB)^-1*A | A:n,m B:m,n | yes
run together, numbers | x^2+2xy+y^2 | (x+y)^2 | - | yes
run together, half | x^2+xy+y^2 | (x+y)^2 | - | no
run together, either order | ab/c | \frac{ba}{c} | a>0 b>0 c>0 | yes
run together, distributed | a(b+c) | ab+ac | a>0 b>0 c>0 | yes
run together, absolute value | log|xy| | log|x|+log|y| | - | yes
run together, function | 2sinx cosx | sin(2*x) | - | yes
run together, power of the last | xy^2 | (xy)^2 | - | no
run together, least squares | ||y-Xw||^2 | y^Ty-2w^TX^Ty+w^TX^TXw | X:n,p y:n,1 w:p,1 | yes
run together, ridge | (XᵀX+λI)⁻¹Xᵀy | Xᵀ(XXᵀ+λI)⁻¹y | X:n,p y:n,1 lambda>0 | yes
run together, entropy | -plogp | -p*log(p) | p>0 | yes
a name of two letters | gp*d + dL | dL + d*gp | - | yes
a name of two letters, another name | gp*d + dL | dL + d*gq | - | no
below a slash | e^{-x^2/2\sigma^2} | e^{-\frac{x^2}{2\sigma^2}} | sigma>0 | yes
below a slash, not above | e^{-x^2/2\sigma^2} | e^{-\frac{x^2}{2}\sigma^2} | sigma>0 | no
below a slash, names | 2x/3y | \frac{2x}{3y} | - | yes
below a slash, ended | x/2y\cdot z | \frac{xz}{2y} | - | yes
below a slash, a norm is not | \lambda/2\|w\|^2 | \frac{\lambda}{2} w^\top w | w:n,1 lambda>0 | yes
below a slash, a form is not | \lambda/2 w^\top w | \frac{\lambda}{2} \|w\|^2 | w:n,1 lambda>0 | yes
below a slash, a logarithm is not | -n/2\log 2\pi | -\frac n2\ln(2\pi) | - | yes
below a slash, pi | 1/2\pi\sigma^2 | \frac{1}{2\pi\sigma^2} | sigma>0 | yes
below a slash, a bracket alone | w_1/(w_1+w_2)\log x | \frac{w_1\ln x}{w_1+w_2} | x>0 | yes
below a slash, a call alone | 1/sqrt(2pi) exp(-x^2/2) | \frac{1}{\sqrt{2\pi}} e^{-x^2/2} | - | yes
below a slash, up to a space | λ/2 w² | lambda*w^2/2 | - | yes
below a slash, up to a thin space | \lambda/2\,w^2 | lambda*w^2/2 | - | yes
below a slash, of numbers | 4/3\pi r^3 | 4*pi*r^3/3 | - | yes
an index is no factor | sigma_xy/(sigma_x*sigma_y) | sigma_x*y/(sigma_x*sigma_y) | - | no
an index is no factor, in LaTeX | \mu_x y | mu_xy | - | no
an index of digits ends | x_1x_2 | x_1*x_2 | - | yes
names are no anagrams | TP*FN | TN*FP | - | no
a name beside its letters | KL + K*L | 2*K*L | - | no
a word is no product | loss | l*o*s^2 | - | no
two factors without a sign | m^2+2mn+n^2 | (m+n)^2 | - | yes
names without a sign | w - lrg | w - lr*g | - | yes
braces among words | e^{-(x-mu)^2/2}/sqrt(2*pi) | exp(-(x-mu)^2/2)/sqrt(2*pi) | - | yes
words in LaTeX | \frac{1}{2} log(2 pi) | log(2*pi)/2 | - | yes
names with digits in LaTeX | \frac{s1^2+(m1-m2)^2}{2 s2^2} | (s1^2+(m1-m2)^2)/(2*s2^2) | - | yes
a sum before a product without a sign | (y - A x)^T (y - A x) | norm(y-A*x)^2 | A:n,n x:n,1 y:n,1 | yes
a shifted matrix without a sign | det(A-2I) | det(A-2*eye(n)) | A:n,n | yes
the entrywise product by its sign | x⊙y | hadamard(x,y) | x:n,1 y:n,1 | yes
half of a product | 1/2 x^\top A x | \frac{x^\top A x}{2} | A:n,n x:n,1 | yes
half of a square | 1/2(x-y)^2 | \frac{(x-y)^2}{2} | - | yes
half of a product is no quotient by it | 1/2 m v^2 | \frac{1}{2mv^2} | - | no
Greek letters | σ²+μ² | sigma^2+\mu^2 | - | yes
Greek letters, declared | Σ⁻¹ | inv(Sigma) | Sigma:n,n | yes
Greek letters, run together | λ(x+1) | λx+λ | lambda>0 | yes
Greek letters, sigmoid | σ(-x) | 1-\sigma(x) | - | yes
Greek letters, gamma function | Γ(n+1) | nΓ(n) | n>0 | yes
Greek letters, quantile | Φ⁻¹(Φ(x)) | x | - | yes
signs, transpose | xᵀAx | x.T*A*x | A:n,n x:n,1 | yes
signs, transpose of one | xᵀAᵀy | x.T*A*y | A:n,n x:n,1 y:n,1 | no
signs, half | ½x² | x^2/2 | - | yes
signs, norm | ½∥x-y∥² | (x-y)^T(x-y)/2 | x:n,1 y:n,1 | yes
signs, root | √(x²) | |x| | - | yes
signs, indices | x₁+x₂ | x_2+x_1 | - | yes
entrywise, one minus squares | \operatorname{diag}(1-h^2)W | W-\operatorname{diag}(h)^2W | h:n,1 W:n,m | yes
entrywise, backward pass | W^\top\left((1-\tanh^2(Wx+b))\odot g\right) | W^\top g - W^\top(\tanh(Wx+b)\odot\tanh(Wx+b)\odot g) | W:n,m x:m,1 b:n,1 g:n,1 | yes
entrywise, square forgotten | (1-\tanh^2(z))\odot g | (1-\tanh(z))\odot g | z:n,1 g:n,1 | no
entrywise, sigmoid | \sigma(z)\odot(1-\sigma(z)) | \sigma(z)\odot\sigma(-z) | z:n,1 | yes
entrywise, exponential | \det(\operatorname{diag}(e^{x})) | e^{\operatorname{tr}(\operatorname{diag}(x))} | x:n,1 | yes
names with indices of several letters | W_{hh}h_{t-1}+W_{xh}x_t | W_{xh}x_t+W_{hh}h_{t-1} | - | yes
names with indices, another time | W_{hh}h_{t-1} | W_{hh}h_{t} | - | no
names with stars | k_{**} - \frac{k_*^2}{k+\sigma^2} | \frac{k_{**}(k+\sigma^2)-k_*^2}{k+\sigma^2} | sigma>0 | yes
names with stars, one for two | k_{**} | k_* | - | no
names with a raised star | (x^*)^2 - x^* x | x^{\ast}(x^{\ast} - x) | - | yes
inner product by a dot | \mathbf{x}\cdot A\mathbf{y} | x^\top A y | A:n,n x:n,1 y:n,1 | yes
inner product in angles | \langle A x, y\rangle | \left\langle x, A^\top y\right\rangle | A:n,n x:n,1 y:n,1 | yes
inner product in angles, transpose forgotten | \langle A x, y\rangle | \langle x, A y\rangle | A:n,n x:n,1 y:n,1 | no
inverse transposes | A^{-\mathsf{T}} + A^{\mathsf{-T}} | 2 A^{-1\top} | A:n,n | yes
nothing in brackets | \left.{}x^2\right.{} + y | y + x^2 | - | yes
softplus | log(1 + exp(x)) | x + log(1 + exp(-x)) | - | yes
softplus by name | softplus(x) - softplus(-x) | x | - | yes
softplus, stable form | log(1 + exp(x)) | max(x, 0) + log1p(exp(-abs(x))) | - | yes
softplus, no absolute value | log(1 + exp(x)) | max(x, 0) + log(1 + exp(-x)) | - | no
softplus, the ramp | log(1 + exp(1000*x))/1000 | max(x, 0) | - | no
softplus, steep | log(1 + exp(1000*x)) | 1000*x + log(1 + exp(-1000*x)) | - | yes
log sigmoid | log(1/(1 + exp(-x))) | -log(1 + exp(-x)) | - | yes
log sigmoid, other side | log(sigmoid(x)) | x - softplus(x) | - | yes
log sigmoid, sign | log(sigmoid(x)) | -softplus(x) | - | no
logit loss | -y*log(sigmoid(z)) - (1-y)*log(1 - sigmoid(z)) | softplus(z) - y*z | - | yes
logit loss, stable | max(z, 0) - z*y + log(1 + exp(-abs(z))) | softplus(z) - y*z | - | yes
logit loss, classes swapped | -y*log(sigmoid(z)) - (1-y)*log(1 - sigmoid(z)) | softplus(z) - (1-y)*z | - | no
log-sum-exp shift | log(exp(x) + exp(y)) | x + log(1 + exp(y - x)) | - | yes
log-sum-exp by the maximum | log(exp(x) + exp(y)) | max(x, y) + log(1 + exp(-abs(x - y))) | - | yes
log-sum-exp with a constant | log(exp(x - c) + exp(y - c)) + c | log(exp(x) + exp(y)) | - | yes
log-sum-exp, shift forgotten | log(exp(x - c) + exp(y - c)) | log(exp(x) + exp(y)) | - | no
log-sum-exp of a mean | log((exp(x) + exp(y))/2) | (x+y)/2 + log(cosh((x-y)/2)) | - | yes
softmax | exp(x)/(exp(x) + exp(y) + exp(z)) | 1/(1 + exp(y-x) + exp(z-x)) | - | yes
softmax, steep | exp(1000*x)/(exp(1000*x) + exp(1000*y)) | 1/(1 + exp(1000*(y - x))) | - | yes
softmax, order | exp(x)/(exp(x) + exp(y)) | 1/(1 + exp(x - y)) | - | no
sigmoid by tanh | 1/(1 + exp(-x)) | (1 + tanh(x/2))/2 | - | yes
sigmoid by tanh, half forgotten | 1/(1 + exp(-x)) | (1 + tanh(x))/2 | - | no
sigmoid, derivative | exp(-x)/(1 + exp(-x))^2 | sigmoid(x)*(1 - sigmoid(x)) | - | yes
sigmoid, derivative by cosh | sigmoid(x)*sigmoid(-x) | 1/(4*cosh(x/2)^2) | - | yes
tanh, derivative | 1 - tanh(x)^2 | 1/cosh(x)^2 | - | yes
tanh, derivative by exponentials | 1 - tanh(x)^2 | 4/(exp(x) + exp(-x))^2 | - | yes
tanh, derivative, square forgotten | 1 - tanh(x)^2 | 1 - tanh(x) | - | no
tanh far out | 1 - tanh(20*x)^2 | 0 | - | no
tanh of a sum | tanh(x + y) | (tanh(x) + tanh(y))/(1 + tanh(x)*tanh(y)) | - | yes
artanh | atanh(x) | log((1+x)/(1-x))/2 | - | yes
artanh of tanh | atanh(tanh(x)) | x | - | yes
arsinh | asinh(x) | log(x + sqrt(x^2 + 1)) | - | yes
cosh over sinh | cosh(x)^2 - sinh(x)^2 | 1 | - | yes
Gaussian entropy | log(2*pi*e*s^2)/2 | log(s) + (1 + log(2*pi))/2 | s>0 | yes
Gaussian entropy, e as exp(1) | log(s*sqrt(2*pi*exp(1))) | 1/2 + log(2*pi)/2 + log(s) | s>0 | yes
Gaussian entropy, e forgotten | log(2*pi*e*s^2)/2 | log(2*pi*s^2)/2 | s>0 | no
Gaussian entropy, deviation not positive | log(2*pi*e*s^2)/2 | log(s) + (1 + log(2*pi))/2 | - | no
Gaussian entropy, dimensions | n/2*log(2*pi*e) + logdet(S)/2 | log((2*pi*e)^n*det(S))/2 | S:n,n | yes
Gaussian log density | -log(s) - log(2*pi)/2 - (x-m)^2/(2*s^2) | log(exp(-(x-m)^2/(2*s^2))/(s*sqrt(2*pi))) | s>0 | yes
Gaussian log density, inside the square | -(x-m)^2/(2*s^2) - log(s) | -(x-m)^2/2/s^2 - log(s^2)/2 | s>0 | yes
Gaussian log density, precedence | -(x-m)^2/(2*s^2) - log(s) | -(x-m)^2/2*s^2 - log(s) | s>0 | no
Laplace entropy | 1 + log(2*b) | log(2*e*b) | b>0 | yes
gamma log density | a*log(b) - lgamma(a) + (a-1)*log(x) - b*x | log(b^a*x^(a-1)*exp(-b*x)/gamma(a)) | a>0 b>0 x>0 | yes
binary entropy | -p*log(p) - (1-p)*log(1-p) | p*log(1/p) + (1-p)*log1p(-p)*(-1) | p>0 | yes
binary entropy, sign | -p*log(p) - (1-p)*log(1-p) | -p*log(p) + (1-p)*log(1-p) | p>0 | no
logit | log(p/(1-p)) | log(p) - log(1-p) | p>0 | yes
Student kernel | (1 + x^2/v)^(-(v+1)/2) | exp(-(v+1)/2*log1p(x^2/v)) | v>0 | yes
erfc | erfc(x) | 1 - erf(x) | - | yes
erfc, far out | erfc(x) - exp(-x^2)/(x*sqrt(pi)) | 0 | x>0 | no
erfc reflected | erfc(-x) | 2 - erfc(x) | - | yes
normal distribution function | (1 + erf(x/sqrt(2)))/2 | erfc(-x/sqrt(2))/2 | - | yes
normal distribution function, root forgotten | (1 + erf(x/sqrt(2)))/2 | (1 + erf(x/2))/2 | - | no
gamma recursion | gamma(x + 1) | x*gamma(x) | - | yes
gamma recursion, positive | gamma(x + 1) | x*gamma(x) | x>0 | yes
gamma recursion, twice | gamma(x + 2)/gamma(x) | x^2 + x | x>0 | yes
gamma recursion, index | gamma(x + 1) | (x+1)*gamma(x) | x>0 | no
gamma reflection | gamma(x)*gamma(1-x) | pi/sin(pi*x) | - | yes
gamma duplication | gamma(x)*gamma(x + 1/2) | 2^(1-2*x)*sqrt(pi)*gamma(2*x) | x>0 | yes
log gamma | lgamma(x + 1) - lgamma(x) | log(x) | x>0 | yes
log gamma, log of gamma | loggamma(x) | log(gamma(x)) | x>0 | yes
Stirling is no identity | lgamma(x) | (x-1/2)*log(x) - x + log(2*pi)/2 | x>0 | no
Stirling with its first terms | lgamma(x) | (x-1/2)*log(x) - x + log(2*pi)/2 + 1/(12*x) - 1/(360*x^3) | x>0 | no
digamma recursion | digamma(x + 1) | digamma(x) + 1/x | x>0 | yes
beta function | gamma(a)*gamma(b+1)/gamma(a+b+1) | gamma(a)*gamma(b)/gamma(a+b)*b/(a+b) | a>0 b>0 | yes
arccos | acos(x) | pi/2 - asin(x) | - | yes
arccos by another name | arccos(x) | acos(x) | - | yes
arccos of minus | acos(-x) | pi - acos(x) | - | yes
arccos, sign | acos(-x) | acos(x) | - | no
arc-cosine kernel | sin(acos(x)) | sqrt(1 - x^2) | - | yes
arctan | atan(x) + atan(1/x) | sign(x)*pi/2 | - | yes
arctan, sign | atan(x) + atan(1/x) | pi/2 | - | no
arctan, positive | atan(x) + atan(1/x) | pi/2 | x>0 | yes
arctan by arcsin | atan(x) | asin(x/sqrt(1 + x^2)) | - | yes
Dawson | dawson(x) | sqrt(pi)/2*exp(-x^2)*erfi(x) | - | yes
Dawson, factor | dawson(x) | sqrt(pi)*exp(-x^2)*erfi(x) | - | no
huge constant | 1e12 + x | 1e12 + 1.0001*x | - | no
huge constant, square | 1e12 + x^2 | 1e12 + x^2 + 1e-9*x | - | no
huge constant, harmless | 1e12 + x | x + 10^12 | - | yes
huge factor, tiny term | 1e30*x + y | 1e30*x + 1.000001*y | - | no
tiny scale | 1e-12*x | 1e-12*x^2 | - | no
tiny scale, sines | 1e-30*sin(x) | 1e-30*x | - | no
tiny term | x + 1e-39 | x | - | no
tiny factor of an exponential | exp(x) | exp(x) + 1e-38*x^2 | - | no
tiny perturbation | 1 + 1e-35*sin(x) | 1 | - | no
tiny difference of constants | 0.333333333333333333333333*x | x/3 | - | no
decimals | 0.1 + 0.2 | 0.3 | - | yes
decimals with a name | 0.1*x + 0.2*x | 0.3*x | - | yes
decimals, one third | x/3 | 0.3333*x | - | no
approximate pi | pi*x | 3.14159265358979*x | - | no
Euler's number | e^x | exp(x) | - | yes
Euler's number, rounded | 2.718281828459045^x | exp(x) | - | no
absolute value | abs(x) | x | - | no
absolute value, positive | abs(x) | x | x>0 | yes
absolute value by root | sqrt(x^2) | abs(x) | - | yes
root of a square | sqrt(x^2) | x | - | no
root of a square, positive | sqrt(x^2) | x | x>0 | yes
square of a root | sqrt(x)^2 | x | - | no
product of roots | sqrt(x)*sqrt(y) | sqrt(x*y) | - | no
product of roots, positive | sqrt(x)*sqrt(y) | sqrt(x*y) | x>0 y>0 | yes
root of a difference squared | sqrt((x - 1000)^2) | x - 1000 | - | no
absolute value by maximum | abs(x) | max(x, -x) | - | yes
ramp | max(x, 0) | (x + abs(x))/2 | - | yes
ramp, leaky | max(x, 0.01*x) | 0.505*x + 0.495*abs(x) | - | yes
ramp, leak forgotten | max(x, 0.01*x) | max(x, 0) | - | no
ramp with its step | relu(x) | x*(1 + sign(x))/2 | - | yes
far kink | abs(x - 100000) | 100000 - x | - | no
narrow bump | max(0, 1 - abs(1000000*x - 3)) | 0 | - | no
sign by quotient | sign(x) | x/abs(x) | - | yes
sign of a cube | sign(x^3) | sign(x) | - | yes
sign against tanh | sign(x) | tanh(1000*x) | - | no
maximum and minimum | max(x, y) + min(x, y) | x + y | - | yes
maximum as half sum | max(x, y) | (x + y + abs(x - y))/2 | - | yes
Huber | min(abs(x), 1)*(abs(x) - min(abs(x), 1)/2) | (x^2 - max(abs(x) - 1, 0)^2)/2 | - | yes
indicator of a point | sign(x)^2 | 1 | - | no
log of a square, real | log(x^2) | 2*log(x) | - | no
log of a square, positive | log(x^2) | 2*log(x) | x>0 | yes
log of a square, absolute value | log(x^2) | 2*log(abs(x)) | - | yes
log of a product, real | log(x*y) | log(x) + log(y) | - | no
log of a product, positive | log(x*y) | log(x) + log(y) | x>0 y>0 | yes
log of a sum | log(x + y) | log(x) + log(y) | x>0 y>0 | no
exp of a log, real | exp(log(x)) | x | - | no
exp of a log, positive | exp(log(x)) | x | x>0 | yes
log of an exp | log(exp(x)) | x | - | yes
log of a power | log(x^a) | a*log(x) | x>0 | yes
vanishing log | x + 0*log(x) | x | - | no
power of a power | (x^2)^(1/2) | abs(x) | - | yes
power as exp | x^y | exp(y*log(x)) | x>0 | yes
removable point | x^2/x | x | - | yes
removable point, factor | (x^2 - 1)/(x - 1) | x + 1 | - | yes
removable point, double | (x^3 - 1)/(x - 1) | x^2 + x + 1 | - | yes
removable point, wrong factor | (x^2 - 1)/(x - 1) | x - 1 | - | no
overflow | exp(1000*x)*exp(-1000*x) | 1 | - | yes
overflow, ratio | (exp(1000*x) - 1)/(exp(1000*x) + 1) | tanh(500*x) | - | yes
overflow, difference | exp(1000*x) - exp(1000*x - 1) | exp(1000*x) | - | no
overflow, double | exp(exp(x))*exp(-exp(x)) | 1 | - | yes
cancellation | (1 - cos(x))/x^2 | 2*(sin(x/2)/x)^2 | - | yes
cancellation, tiny angle | sqrt(1 + x) - 1 | x/(sqrt(1 + x) + 1) | x>0 | yes
cancellation, expm1 | expm1(x)/x | exp(x/2)*sinh(x/2)/(x/2) | - | yes
series is no identity | sin(x) | x - x^3/6 + x^5/120 | - | no
constants, nested roots | sqrt(3 + 2*sqrt(2)) | 1 + sqrt(2) | - | yes
constants, nearly an integer | exp(pi*sqrt(163)) | 262537412640768744 | - | no
undeclared name | a*x | b*x | - | no
undeclared name that vanishes | a*x | a*x + b - b | - | yes
name like a function | gamma*x + beta | beta + x*gamma | - | yes
name of a size | n*tr(eye(n)) | n^2 | X:n,n | yes
difference of squares, large | (x + 1000000)^2 - (x - 1000000)^2 | 4000000*x | - | yes
ridge of one number | x*y/(x^2 + l) | y/(x + l/x) | l>0 | yes
precision-weighted mean | (m1/v1 + m2/v2)/(1/v1 + 1/v2) | (m1*v2 + m2*v1)/(v1 + v2) | v1>0 v2>0 | yes
precision-weighted mean, swapped | (m1/v1 + m2/v2)/(1/v1 + 1/v2) | (m1*v1 + m2*v2)/(v1 + v2) | v1>0 v2>0 | no
parallel sum | 1/(1/a + 1/b) | a*b/(a + b) | a>0 b>0 | yes
geometric sum | (1 - r^5)/(1 - r) | 1 + r + r^2 + r^3 + r^4 | - | yes
geometric sum, one short | (1 - r^5)/(1 - r) | 1 + r + r^2 + r^3 | - | no
multiple angles | cos(3*x) | 4*cos(x)^3 - 3*cos(x) | - | yes
trace of a product | tr(A*B) | tr(B*A) | A:n,m B:m,n | yes
trace of a product, transposed | tr(A*B) | tr(A*B.T) | A:n,n B:n,n | no
trace of three | tr(A*B*C) | tr(C*A*B) | A:n,n B:n,n C:n,n | yes
trace of three, wrong order | tr(A*B*C) | tr(A*C*B) | A:n,n B:n,n C:n,n | no
trace against nothing | tr(A*B) - tr(B*A) | 0 | A:n,m B:m,n | yes
transpose of a product | (A*B).T | B.T*A.T | A:n,m B:m,k | yes
transpose of a product, order | (A*B).T | A.T*B.T | A:n,n B:n,n | no
transpose forgotten | A*x | A.T*x | A:n,n x:n,1 | no
row for column | A*x | x.T*A.T | A:n,n x:n,1 | no
quadratic form | x.T*A*x | x.T*A.T*x | A:n,n x:n,1 | yes
quadratic form, two vectors | x.T*A*y | y.T*A*x | A:n,n x:n,1 y:n,1 | no
quadratic form, gradient | (A + A.T)*x | A*x + A.T*x | A:n,n x:n,1 | yes
quadratic form, gradient as if symmetric | (A + A.T)*x | 2*A*x | A:n,n x:n,1 | no
inverse of a product | inv(A*B) | inv(B)*inv(A) | A:n,n B:n,n | yes
inverse of a product, order | inv(A*B) | inv(A)*inv(B) | A:n,n B:n,n | no
inverse of a transpose | inv(A.T) | inv(A).T | A:n,n | yes
inverse of a sum | inv(A + B) | inv(A) + inv(B) | A:n,n B:n,n | no
inverse of a sum, factored | inv(A)*(A + B)*inv(B) | inv(A) + inv(B) | A:n,n B:n,n | yes
push-through | inv(eye(n) + A*B)*A | A*inv(eye(m) + B*A) | A:n,m B:m,n | yes
push-through, ridge | X.T*inv(X*X.T + l*eye(n)) | inv(X.T*X + l*eye(p))*X.T | X:n,p l>0 | yes
push-through, ridge forgotten | X.T*inv(X*X.T + l*eye(n)) | inv(X.T*X)*X.T | X:n,p l>0 | no
push-through with I | inv(I + A*B)*A | A*inv(I + B*A) | A:n,m B:m,n | yes
Woodbury | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A) | A:n,n U:n,k C:k,k V:k,n | yes
Woodbury, sign | inv(A + U*C*V) | inv(A) + inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A) | A:n,n U:n,k C:k,k V:k,n | no
Sherman-Morrison | inv(A + u*v.T) | inv(A) - inv(A)*u*v.T*inv(A)/(1 + v.T*inv(A)*u) | A:n,n u:n,1 v:n,1 | yes
determinant lemma | det(eye(n) + u*v.T) | 1 + v.T*u | u:n,1 v:n,1 | yes
determinant lemma, sign | det(eye(n) - u*v.T) | 1 + v.T*u | u:n,1 v:n,1 | no
determinant lemma with a matrix | det(A + u*v.T) | det(A)*(1 + v.T*inv(A)*u) | A:n,n u:n,1 v:n,1 | yes
Sylvester | det(eye(n) + A*B) | det(eye(m) + B*A) | A:n,m B:m,n | yes
determinant of a multiple | det(2*A) | 2^n*det(A) | A:n,n | yes
determinant of a multiple, power | det(2*A) | 2*det(A) | A:n,n | no
determinant of an inverse | det(inv(A)) | 1/det(A) | A:n,n | yes
determinant of a sum | det(A + B) | det(A) + det(B) | A:n,n B:n,n | no
log-det without bars | log(abs(det(A))) | log(det(A)) | A:n,n | no
log-det of an inverse | -log(abs(det(A))) | log(abs(det(inv(A)))) | A:n,n | yes
log-det of a product | log(abs(det(A*B))) | log(abs(det(A))) + log(abs(det(B))) | A:n,n B:n,n | yes
log-det of a product without bars | log(det(A*B)) | log(det(A)) + log(det(B)) | A:n,n B:n,n | no
log-det of a Gram matrix | log(det(A*A.T)) | 2*log(abs(det(A))) | A:n,n | yes
norm | norm(x - y)^2 | x.T*x - 2*x.T*y + y.T*y | x:n,1 y:n,1 | yes
norm, triangle | norm(x + y) | norm(x) + norm(y) | x:n,1 y:n,1 | no
Frobenius norm | norm(A)^2 | tr(A.T*A) | A:n,m | yes
least squares | (y - X*w).T*(y - X*w) | y.T*y - 2*w.T*X.T*y + w.T*X.T*X*w | X:n,p w:p,1 y:n,1 | yes
least squares, cross term | (y - X*w).T*(y - X*w) | y.T*y - w.T*X.T*y + w.T*X.T*X*w | X:n,p w:p,1 y:n,1 | no
entrywise derivative | diag(ones(n, 1) - hadamard(tanh(x), tanh(x)))*x | x - hadamard(x, hadamard(tanh(x), tanh(x))) | x:n,1 | yes
pseudo-inverse, left and right | inv(X.T*X)*X.T | X.T*inv(X*X.T) | X:n,p | no
singular | x.T*inv(u*u.T)*x | 0 | u:n,1 x:n,1 | no
hidden zero under a root | sqrt(1 - sin(x)^2 - cos(x)^2) | 0 | - | yes
sign of a hidden zero | sign(sin(x)^2 + cos(x)^2 - 1) | 0 | - | yes
bars in text | log|x| + exp(-|alpha|) | log(abs(x)) + exp(-abs(alpha)) | - | yes
bars in text, one gone | exp(-|alpha|) | exp(-alpha) | - | no
root of a negative number | sqrt(-x) | sqrt(x) | x>0 | no
entrywise against matrix product | hadamard(A, B) | A*B | A:n,n B:n,n | no
entrywise commutes | hadamard(A, B) | hadamard(B, A) | A:n,m B:n,m | yes
diagonal scales rows | diag(d)*x | hadamard(d, x) | d:n,1 x:n,1 | yes
recurrent layer | tanh(W*h + U*x) | (exp(W*h + U*x) - exp(-W*h - U*x)).T | W:n,n U:n,m h:n,1 x:m,1 | no
outer product, transposed | u*v.T | v*u.T | u:n,1 v:n,1 | no
Kronecker, mixed | kron(A, B)*kron(C, D) | kron(A*C, B*D) | A:n,n B:n,n C:n,n D:n,n | yes
Kronecker, order | kron(A, B) | kron(B, A) | A:n,n B:n,n | no
trace of an outer product | tr(u*v.T) | v.T*u | u:n,1 v:n,1 | yes
scalar cube of a form | (x.T*y)^3 | (y.T*x)*(x.T*y)*(x.T*y) | x:n,1 y:n,1 | yes
covariance, posterior | inv(inv(K) + eye(n)/s^2) | K - K*inv(K + s^2*eye(n))*K | K:n,n s>0 | yes
LaTeX log det | \log\det X | \log |X| | X:n,n | yes
LaTeX log det, bars | \log\lvert\det X\rvert | \log\det X | X:n,n | no
LaTeX quadratic form | X^T A X | (A^\top X)^\top X | X:n,m A:n,n | yes
LaTeX inverse | (A B)^{-1} | B^{-1} A^{-1} | A:n,n B:n,n | yes
LaTeX inverse transpose | A^{-\top} | (A^{-1})^T | A:n,n | yes
LaTeX tanh | \tanh(w x) | 2\sigma(2wx) - 1 | - | yes
LaTeX fractions | \frac{1}{1+e^{-x}} | \frac12\left(1+\tanh\frac{x}{2}\right) | - | yes
LaTeX entropy | \tfrac12\log(2\pi e\sigma^2) | \frac{1}{2} + \frac12\log 2\pi + \log\sigma | sigma>0 | yes
LaTeX density | \frac{1}{\sqrt{2\pi}\,\sigma}e^{-\frac{(x-\mu)^2}{2\sigma^2}} | exp(-(x-mu)^2/(2*sigma^2))/sqrt(2*pi*sigma^2) | sigma>0 | yes
LaTeX norm | \lVert x - y\rVert^2 | x^\top x - 2 x^\top y + y^\top y | x:n,1 y:n,1 | yes
LaTeX norm with index | \|A\|_F^2 | \operatorname{tr}(A^\top A) | A:n,m | yes
LaTeX trace without bracket | \mathrm{tr} A B | \operatorname{tr}\left(B A\right) | A:n,n B:n,n | yes
LaTeX absolute value | |x| | \sqrt{x^2} | - | yes
LaTeX absolute value, product | |x||y| | |x y| | - | yes
LaTeX powers of functions | \sin^2 x + \cos^2 x | 1 | - | yes
LaTeX inverse function | \cos^{-1} x | \frac{\pi}{2} - \arcsin x | - | yes
LaTeX root | \sqrt[3]{x} | x^{1/3} | x>0 | yes
LaTeX indices | \mu_1 + \mu_{2} | mu_2 + mu_1 | - | yes
LaTeX entrywise | \mathbf{u} \odot \mathbf{v} | v \circ u | u:n,1 v:n,1 | yes
LaTeX ridge | (X^\top X + \lambda I)^{-1} X^\top y | X^\top (X X^\top + \lambda I)^{-1} y | X:n,p y:n,1 lambda>0 | yes
LaTeX maximum | \max\{0, x\} | \frac{x + |x|}{2} | - | yes
LaTeX functions in a row | \sin x \cos x | \frac{1}{2}\sin 2x | - | yes
LaTeX Gamma | \Gamma(x+1) | x\,\Gamma(x) | - | yes
LaTeX log of a quotient | \log\frac{\sigma_2}{\sigma_1} | \log\sigma_2 - \log\sigma_1 | sigma_1>0 sigma_2>0 | yes
LaTeX missing transpose | x^\top A x | x^\top A^2 x | A:n,n x:n,1 | no
LaTeX digits | \frac12 x^23 | x^2*3/2 | - | yes
more, 0: \log\left|\det X\right| | \log\left|\det X\right| | \log|\det X| | X:n,n | yes
more, 1: \left\lVert x \right\rVert_2^2 | \left\lVert x \right\rVert_2^2 | x^T x | x:n,1 | yes
more, 2: \mathbf{x}^{\mathsf{T}}\mathbf{A}\mathbf | \mathbf{x}^{\mathsf{T}}\mathbf{A}\mathbf{x} | x^\top A^\top x | A:n,n x:n,1 | yes
more, 3: x^{\mathrm T} A x | x^{\mathrm T} A x | x.T*A*x | A:n,n x:n,1 | yes
more, 4: x^{\mathrm{T}} A y | x^{\mathrm{T}} A y | y^T A x | A:n,n x:n,1 y:n,1 | no
more, 5: \exp\left\{-\frac{x^2}{2}\right\} | \exp\left\{-\frac{x^2}{2}\right\} | e^{-x^2/2} | - | yes
more, 6: \exp\{-x\} | \exp\{-x\} | \frac{1}{e^x} | - | yes
more, 7: \log_{2} x | \log_{2} x | \frac{\ln x}{\ln 2} | x>0 | yes
more, 8: (x-\mu)^\top\Sigma^{-1}(x-\mu) | (x-\mu)^\top\Sigma^{-1}(x-\mu) | x^\top\Sigma^{-1}x - x^\top\Sigma^{-1}\mu - \mu^\top\Sigma^{-1}x + \mu^\top\Sigma^{-1}\mu | x:n,1 mu:n,1 Sigma:n,n | yes
more, 9: -\frac{n}{2}\log 2\pi - \frac12\log|\Sig | -\frac{n}{2}\log 2\pi - \frac12\log|\Sigma| | -\frac12 \log\left((2\pi)^n |\Sigma|\right) | Sigma:n,n | yes
more, 10: \frac{1}{(2\pi)^{n/2}|\Sigma|^{1/2}} | \frac{1}{(2\pi)^{n/2}|\Sigma|^{1/2}} | (2\pi)^{-n/2}\sqrt{|\Sigma|^{-1}} | Sigma:n,n | yes
more, 11: \frac{1}{2}\left(1+\operatorname{erf}\le | \frac{1}{2}\left(1+\operatorname{erf}\left(\frac{x}{\sqrt2}\right)\right) | \tfrac12\operatorname{erfc}(-x/\sqrt{2}) | - | yes
more, 12: \tanh^{-1}(x) | \tanh^{-1}(x) | \frac12\ln\frac{1+x}{1-x} | - | yes
more, 13: \operatorname{sgn}(x)|x| | \operatorname{sgn}(x)|x| | x | - | yes
more, 14: \text{softplus}(x) | \text{softplus}(x) | \ln(1+e^{x}) | - | yes
more, 15: \gamma^T | \gamma^T | \gamma | gamma>0 | no
more, 16: \gamma^T | \gamma^T | e^{T\ln\gamma} | gamma>0 | yes
more, 17: (u^T v)^T | (u^T v)^T | v^T u | u:n,1 v:n,1 | yes
more, 18: (u^T*v)^T | (u^T*v)^T | v^T*u | u:n,1 v:n,1 | yes
more, 19: ||x||^2 | ||x||^2 | x^T x | x:n,1 | yes
more, 20: x² + 2·x | x² + 2·x | x*(x+2) | - | yes
more, 21: π*x | π*x | pi*x | - | yes
more, 22: \mathrm{KL} + 1 | \mathrm{KL} + 1 | 1 + KL | - | yes
more, 23: \sigma_1^2 | \sigma_1^2 | \sigma_1 \sigma_1 | - | yes
more, 24: \sigma^2_1 | \sigma^2_1 | \sigma_1^2 | - | yes
more, 25: -\log\sigma(x) | -\log\sigma(x) | \log(1+e^{-x}) | - | yes
more, 26: 1-\sigma(x) | 1-\sigma(x) | \sigma(-x) | - | yes
more, 27: \frac{d}{2} | \frac{d}{2} | 0.5 d | - | yes
more, 28: \operatorname{tr}(ABC) | \operatorname{tr}(ABC) | \operatorname{tr}(CAB) | A:n,n B:n,n C:n,n | yes
more, 29: \operatorname{tr}(ABC) | \operatorname{tr}(ABC) | \operatorname{tr}(ACB) | A:n,n B:n,n C:n,n | no
more, 30: \det(A)\det(B) | \det(A)\det(B) | \det(AB) | A:n,n B:n,n | yes
more, 31: \det A \det B | \det A \det B | \det AB | A:n,n B:n,n | yes
more, 32: |A B| | |A B| | |A| |B| | A:n,n B:n,n | yes
more, 33: \sin(x)\cos(y)+\cos(x)\sin(y) | \sin(x)\cos(y)+\cos(x)\sin(y) | \sin(x+y) | - | yes
more, 34: \log x^2 | \log x^2 | 2\log x | - | no
more, 35: \log x^2 | \log x^2 | 2\log x | x>0 | yes
more, 36: \log(x)^2 | \log(x)^2 | \log x \cdot \log x | x>0 | yes
more, 37: \bigl(1+\tfrac{1}{x}\bigr)^{2} | \bigl(1+\tfrac{1}{x}\bigr)^{2} | \frac{(x+1)^2}{x^2} | - | yes
more, 38: \left(I + U V^\top\right)^{-1} | \left(I + U V^\top\right)^{-1} | I - U(I + V^\top U)^{-1} V^\top | U:n,k V:n,k | yes
more, 39: A^{-1} - A^{-1}U(C^{-1}+VA^{-1}U)^{-1}VA | A^{-1} - A^{-1}U(C^{-1}+VA^{-1}U)^{-1}VA^{-1} | (A+UCV)^{-1} | A:n,n U:n,k C:k,k V:k,n | yes
more, 40: \det(I_n + u v^\top) | \det(I_n + u v^\top) | 1 + v^\top u | u:n,1 v:n,1 | yes
more, 41: \mathbf{W}\tanh(\mathbf{U}\mathbf{x}+\ma | \mathbf{W}\tanh(\mathbf{U}\mathbf{x}+\mathbf{b}) | W \tanh(b + U x) | W:n,m U:m,n b:m,1 x:n,1 | yes
more, 42: \max(0, x) | \max(0, x) | \frac{x+|x|}{2} | - | yes
more, 43: x^{-2} | x^{-2} | \frac1{x^2} | - | yes
more, 44: \hat{y} - y | \hat{y} - y | -(y - \hat y) | - | yes
more, 45: \lambda\|w\|^2 | \lambda\|w\|^2 | \lambda w^\top w | w:n,1 | yes
more, 46: |x|-|y| | |x|-|y| | |x-y| | - | no
more, 47: ||x|-|y|| | ||x|-|y|| | |x-y| | - | no
more, 48: 2^{-n} | 2^{-n} | \frac{1}{2^n} | - | yes
more, 49: \cosh^2 x - \sinh^2 x | \cosh^2 x - \sinh^2 x | 1 | - | yes
more, 50: \arccos x + \arcsin x | \arccos x + \arcsin x | \frac\pi2 + 0\arccos x | - | yes
more, 51: e^{\log x} | e^{\log x} | x | x>0 | yes
more, 52: 1/(1+exp(-x)) - 1/2 | 1/(1+exp(-x)) - 1/2 | tanh(x/2)/2 | - | yes
more, 53: (exp(2*x)-1)/(exp(2*x)+1) | (exp(2*x)-1)/(exp(2*x)+1) | tanh(x) | - | yes
more, 54: log(1+exp(-2*y*f)) | log(1+exp(-2*y*f)) | log(2*cosh(f*y)) - y*f | - | yes
more, 55: exp(-abs(x-y)) | exp(-abs(x-y)) | exp(-max(x-y,y-x)) | - | yes
more, 56: log(a)+log(b)-log(a+b) | log(a)+log(b)-log(a+b) | -log(1/a+1/b) | a>0 b>0 | yes
more, 57: p*log(p/q) + (1-p)*log((1-p)/(1-q)) | p*log(p/q) + (1-p)*log((1-p)/(1-q)) | -p*log(q/p) - (1-p)*log((1-q)/(1-p)) | p>0 q>0 | yes
more, 58: p*log(p/q) + (1-p)*log((1-p)/(1-q)) | p*log(p/q) + (1-p)*log((1-p)/(1-q)) | p*log(p)-p*log(q)+(1-p)*(log(1-p)-log(1-q)) | p>0 q>0 | no
more, 59: max(0, W*x) | max(0, W*x) | (W*x + abs(W*x))/2 | W:n,m x:m,1 | yes
more, 60: x*y*z | x*y*z | x*y*z*(1+1e-33) | - | no
more, 61: sqrt(x+1)-sqrt(x) | sqrt(x+1)-sqrt(x) | 1/(sqrt(x+1)+sqrt(x)) | x>0 | yes
more, 62: cos(acos(x)) | cos(acos(x)) | x | - | no
more, 63: tr(inv(S2)*S1) + (m2-m1).T*inv(S2)*(m2-m | tr(inv(S2)*S1) + (m2-m1).T*inv(S2)*(m2-m1) - n + log(abs(det(S2))) - log(abs(det(S1))) | tr(S1*inv(S2)) + (m1-m2).T*inv(S2)*(m1-m2) - n - log(abs(det(S1*inv(S2)))) | S1:n,n S2:n,n m1:n,1 m2:n,1 | yes
more, 64: acosh(cosh(x)) | acosh(cosh(x)) | abs(x) | - | yes
more, 65: log(gamma(x+1)) | log(gamma(x+1)) | log(x)+loggamma(x) | x>0 | yes
more, 66: x^3/abs(x) | x^3/abs(x) | x*abs(x) | - | yes
more, 67: (A-B)*(A+B) | (A-B)*(A+B) | A*A - B*B | A:n,n B:n,n | no
more, 68: inv(A)*B*inv(A) | inv(A)*B*inv(A) | B*inv(A*A) | A:n,n B:n,n | no
more, 69: tr(A.T*B) | tr(A.T*B) | ones(1,n)*hadamard(A,B)*ones(m,1) | A:n,m B:n,m | yes
more, 70: exp(x)^1000/exp(1000*x) | exp(x)^1000/exp(1000*x) | 1 | - | yes
more, 71: log(exp(1000*x)+exp(1000*y)) | log(exp(1000*x)+exp(1000*y)) | 1000*max(x,y)+log(1+exp(-1000*abs(x-y))) | - | yes
more, 72: log(exp(1000*x)+exp(1000*y)) | log(exp(1000*x)+exp(1000*y)) | 1000*max(x,y) | - | no
more, 73: erf(x)*1e20 | erf(x)*1e20 | erf(x)*1e20 + 1e-15*x | - | no
more, 74: exp(-(x-m)^2/(2*s^2)) | exp(-(x-m)^2/(2*s^2)) | exp(-x^2/(2*s^2)+x*m/s^2-m^2/(2*s^2)) | s>0 | yes
more, 75: sqrt(2*pi)*s*exp(1/2) | sqrt(2*pi)*s*exp(1/2) | exp(log(2*pi*e*s^2)/2) | s>0 | yes
more, 76: sinh(x)/x | sinh(x)/x | (exp(x)-exp(-x))/(2*x) | - | yes
LaTeX in dollars | $a \cdot b / c$ | ab/c | a>0 b>0 c>0 | yes
again: KL, entropies, 1 | log(t/s) + (s^2+(m-n)^2)/(2*t^2) - 1/2 | \ln t - \ln s + \frac{s^2}{2t^2} + \frac{(m-n)^2}{2t^2} - \frac12 | s>0 t>0 | yes
again: KL, entropies, 2 | log(t/s) + (s^2+(m-n)^2)/(2*t^2) - 1/2 | \ln\frac{s}{t} + \frac{t^2+(m-n)^2}{2s^2} - \frac12 | s>0 t>0 | no
again: KL, entropies, 3 | (s^2+m^2-1-log(s^2))/2 | -\frac12\left(1+\log s^2 - m^2-s^2\right) | s>0 | yes
again: KL, entropies, 4 | (s^2+m^2-1-log(s^2))/2 | (s^2+m^2-1-log(s))/2 | s>0 | no
again: KL, entropies, 5 | 1/2*log(2*pi*e*s^2) | \frac{1}{2}+\log(s\sqrt{2\pi}) | s>0 | yes
again: KL, entropies, 6 | 1/2*log(2*pi*e*s^2) | \frac{1}{2}\log(2\pi e s) | s>0 | no
again: KL, entropies, 7 | a*log(a/b) + (1-a)*log((1-a)/(1-b)) | a*(log(a)-log(1-a)) - a*(log(b)-log(1-b)) + log(1-a) - log(1-b) | a>0 b>0 | no
again: KL, entropies, 8 | loggamma(b) - loggamma(a) + (a-b)*digamma(a) | \ln\Gamma(b) - \ln\Gamma(a) - (b-a)\psi(a) | a>0 b>0 | yes
again: KL, entropies, 9 | digamma(x+2) - digamma(x) | 1/x + 1/(x+1) | x>0 | yes
again: KL, entropies, 10 | digamma(x+2) - digamma(x) | 2/x | x>0 | no
again: KL, entropies, 11 | a - log(b) + loggamma(a) + (1-a)*digamma(a) | a - log(b) + log(gamma(a)) + digamma(a) - a*digamma(a) | a>0 b>0 | yes
again: softplus, sigmoid, lse, 1 | log(1+exp(x)) | max(x,0) + log(1+exp(-abs(x))) | - | yes
again: softplus, sigmoid, lse, 2 | log(1+exp(x)) | max(x,0) + log(1+exp(-x)) | - | no
again: softplus, sigmoid, lse, 3 | softplus(x) - softplus(-x) | x | - | yes
again: softplus, sigmoid, lse, 4 | log(exp(a)+exp(b)+exp(c)) | max(a,b,c) + log(exp(a-max(a,b,c))+exp(b-max(a,b,c))+exp(c-max(a,b,c))) | - | yes
again: softplus, sigmoid, lse, 5 | log(exp(a)+exp(b)) | max(a,b) + log(1+exp(a-b)) | - | no
again: softplus, sigmoid, lse, 6 | log(exp(a)+exp(b)) | (a+b)/2 + log(2*cosh((a-b)/2)) | - | yes
again: softplus, sigmoid, lse, 7 | sigmoid(x)*(1-sigmoid(x)) | \frac{1}{4\cosh^2(x/2)} | - | yes
again: softplus, sigmoid, lse, 8 | tanh(x) | 2\operatorname{sigmoid}(2x)-1 | - | yes
again: softplus, sigmoid, lse, 9 | tanh(x) | 2\operatorname{sigmoid}(x)-1 | - | no
again: softplus, sigmoid, lse, 10 | log(sigmoid(x)) | -softplus(-x) | - | yes
again: softplus, sigmoid, lse, 11 | 1 - tanh(x)^2 | \frac{4}{(e^x+e^{-x})^2} | - | yes
again: softplus, sigmoid, lse, 12 | 1 - tanh(x)^2 | 1 - \tanh(x^2) | - | no
again: softplus, sigmoid, lse, 13 | \tanh(w x) | (exp(2*w*x)-1)/(exp(2*w*x)+1) | - | yes
again: softplus, sigmoid, lse, 14 | \tanh(w x) | \tanh(w) x | - | no
again: softplus, sigmoid, lse, 15 | atanh(x) | \frac12\ln\frac{1+x}{1-x} | - | yes
again: softplus, sigmoid, lse, 16 | asinh(x) | \log\left(x+\sqrt{x^2+1}\right) | - | yes
again: error functions, gamma, inverse trigonometric, 1 | erfc(x) | 1-\operatorname{erf}(x) | - | yes
again: error functions, gamma, inverse trigonometric, 2 | erfc(x)+erfc(-x) | 2 | - | yes
again: error functions, gamma, inverse trigonometric, 3 | erfc(x) | 1+erf(x) | - | no
again: error functions, gamma, inverse trigonometric, 4 | erf(x) | sign(x)*(1-exp(-x^2)) | - | no
again: error functions, gamma, inverse trigonometric, 5 | erf(x) | tanh(2*x/sqrt(pi)) | - | no
again: error functions, gamma, inverse trigonometric, 6 | erf(x) | tanh(sqrt(pi)*log(2)*x) | - | no
again: error functions, gamma, inverse trigonometric, 7 | gamma(x+1) | x*gamma(x) | x>0 | yes
again: error functions, gamma, inverse trigonometric, 8 | \Gamma(x+2) | x(x+1)\Gamma(x) | x>0 | yes
again: error functions, gamma, inverse trigonometric, 9 | gamma(x+1) | (x+1)*gamma(x) | x>0 | no
again: error functions, gamma, inverse trigonometric, 10 | gamma(x)*gamma(1-x) | pi/sin(pi*x) | - | yes
again: error functions, gamma, inverse trigonometric, 11 | gamma(x)*gamma(x+1/2) | 2^(1-2*x)*sqrt(pi)*gamma(2*x) | x>0 | yes
again: error functions, gamma, inverse trigonometric, 12 | loggamma(x) | (x-1/2)*log(x) - x + log(2*pi)/2 + 1/(12*x) | x>0 | no
again: error functions, gamma, inverse trigonometric, 13 | acos(x)+asin(x) | \frac{\pi}{2} | - | no
again: error functions, gamma, inverse trigonometric, 14 | \arccos(x) | \frac{\pi}{2} - \arctan\frac{x}{\sqrt{1-x^2}} | - | yes
again: error functions, gamma, inverse trigonometric, 15 | acos(x) | asin(sqrt(1-x^2)) | - | no
again: error functions, gamma, inverse trigonometric, 16 | sin(acos(x)) | sqrt(1-x^2) | - | yes
again: error functions, gamma, inverse trigonometric, 17 | atan(x)+atan(1/x) | pi/2 | - | no
again: error functions, gamma, inverse trigonometric, 18 | atan(x)+atan(1/x) | pi/2 | x>0 | yes
again: error functions, gamma, inverse trigonometric, 19 | atan(x)+atan(1/x) | pi/2*sign(x) | - | yes
again: error functions, gamma, inverse trigonometric, 20 | dawson(x) | sqrt(pi)/2*exp(-x^2)*erfi(x) | - | yes
again: error functions, gamma, inverse trigonometric, 21 | dawson(x) | x/(1+2*x^2) | - | no
again: error functions, gamma, inverse trigonometric, 22 | dawson(x) | x - 2*x^3/3 + 4*x^5/15 | - | no
again: error functions, gamma, inverse trigonometric, 23 | dawson(-x) | -dawson(x) | - | yes
again: domains, 1 | abs(x) | x | - | no
again: domains, 2 | abs(x) | x | x>0 | yes
again: domains, 3 | sqrt(x^2) | abs(x) | - | yes
again: domains, 4 | log(x^2) | 2*log(x) | - | no
again: domains, 5 | log(x^2) | 2*log(abs(x)) | - | yes
again: domains, 6 | log(x^2) | 2*log(x) | x>0 | yes
again: domains, 7 | exp(log(x)) | x | - | no
again: domains, 8 | sqrt(x)^2 | x | - | no
again: domains, 9 | log(x*y) | log(x)+log(y) | - | no
again: domains, 10 | log(x*y) | log(abs(x))+log(abs(y))+log(sign(x*y)) | - | yes
again: domains, 11 | (x^2-1)/(x-1) | x+1 | - | yes
again: domains, 12 | (x^3)^(1/3) | x | - | no
again: domains, 13 | sqrt(x*y) | sqrt(x)*sqrt(y) | - | no
again: domains, 14 | sqrt(x*y) | sqrt(x)*sqrt(y) | x>0 y>0 | yes
again: domains, 15 | log(x-1) | log(1-x) | - | no
again: domains, 16 | sqrt(1-x)*sqrt(1+x) | sqrt(1-x^2) | - | yes
again: domains, 17 | sqrt(x-1)*sqrt(x+1) | sqrt(x^2-1) | - | no
again: domains, 18 | x^x | exp(x*log(abs(x))) | - | no
again: domains, 19 | asin(sin(x)) | x | - | no
again: domains, 20 | sin(asin(x)) | x*acos(x)/acos(x) | - | yes
again: sign, max, relu, 1 | relu(x) | (x+abs(x))/2 | - | yes
again: sign, max, relu, 2 | relu(x)-relu(-x) | x | - | yes
again: sign, max, relu, 3 | relu(x)+relu(-x) | |x| | - | yes
again: sign, max, relu, 4 | relu(x+y) | relu(x)+relu(y) | - | no
again: sign, max, relu, 5 | max(x,y)+min(x,y) | x+y | - | yes
again: sign, max, relu, 6 | max(x,y,z) | max(x,y) | - | no
again: sign, max, relu, 7 | sign(x)^2 | 1 | - | no
again: sign, max, relu, 8 | sign(x)*abs(x) | x | - | yes
again: sign, max, relu, 9 | sign(x) | 2*relu(x)/abs(x) - 1 + 1/1000000000000 | - | no
again: sign, max, relu, 10 | relu(x) | sqrt(x^2+1/10^12)/2+x/2 | - | no
again: sign, max, relu, 11 | relu(x) | x*sigmoid(1000*x) | - | no
again: sign, max, relu, 12 | max(0, 1 - y*f) | relu(1-y*f) | - | yes
again: sign, max, relu, 13 | max(x, 100) | (x+100+abs(x-100.001))/2 | - | no
again: sign, max, relu, 14 | \max(x, 0)^2 | \frac{x^2 + x|x|}{2} | - | yes
again: large constants, tiny scales, 1 | 10^30 + x | 10^30 + x + x^2*10^-10 | - | no
again: large constants, tiny scales, 2 | 10^40 + sin(x) | 10^40 + sin(x)*(1+10^-20) | - | no
again: large constants, tiny scales, 3 | exp(-x^2)*10^-40 | exp(-x^2)*10^-40 + 10^-60 | - | no
again: large constants, tiny scales, 4 | (x+10^20)^2 - 10^40 | x^2 + 2*10^20*x + 1 | - | no
again: large constants, tiny scales, 5 | (x+10^20)^2 - 10^40 | x^2 + 2*10^20*x | - | yes
again: large constants, tiny scales, 6 | 1e-300*x | 0 | - | no
again: large constants, tiny scales, 7 | x/(1+1e-15) | x | - | no
again: large constants, tiny scales, 8 | (1-cos(x))/x^2 | 2*sin(x/2)^2/x^2 | - | yes
again: large constants, tiny scales, 9 | (1-cos(x))/x^2 | 1/2 - x^2/24 + x^4/720 | - | no
again: large constants, tiny scales, 10 | log1p(x) | log(1+x) | - | yes
again: large constants, tiny scales, 11 | expm1(x) | 2*exp(x/2)*sinh(x/2) | - | yes
again: large constants, tiny scales, 13 | exp(1000*x)/(1+exp(1000*x)) | sigmoid(1000*x) | - | yes
again: large constants, tiny scales, 14 | x^101 | x^100*abs(x) | - | no
again: gaussian log-densities, 1 | -log(2*pi)/2 - log(s) - (x-m)^2/(2*s^2) | \log\left(\frac{1}{\sqrt{2\pi}\, s}\exp\left(-\frac{(x-m)^2}{2 s^2}\right)\right) | s>0 | yes
again: gaussian log-densities, 2 | -log(2*pi)/2 - log(s) - (x-m)^2/(2*s^2) | -\frac12\log(2\pi s) - \frac{(x-m)^2}{2s^2} | s>0 | no
again: gaussian log-densities, 3 | exp(-(x-y)^2/2) | e^{-\frac{x^2}{2}} e^{xy} e^{-\frac{y^2}{2}} | - | yes
again: gaussian log-densities, 4 | sqrt(2)*dawson(m/sqrt(2)) - 2*m/s^2 | \sqrt{\frac{\pi}{2}} e^{-m^2/2}\operatorname{erfi}\left(\frac{m}{\sqrt2}\right) - \frac{2m}{s^2} | s>0 | yes
again: gaussian log-densities, 5 | (10 - c/10)/log(100/c) | \frac{100-c}{10\,(\ln 100 - \ln c)} | c>0 | yes
again: LaTeX spellings, 1 | \frac{1}{x} | 1/x | - | yes
again: LaTeX spellings, 2 | 2xy\cdot z^{2} | 2*x*y*z**2 | - | yes
again: LaTeX spellings, 3 | \mathbf{w}^\top \mathbf{x} + b | x.T*w + b | w:d,1 x:d,1 | yes
again: LaTeX spellings, 4 | \log\det X | log(det(X)) | X:n,n | yes
again: LaTeX spellings, 5 | X^T A X | X.T*A*X | X:n,m A:n,n | yes
again: LaTeX spellings, 6 | X^T A X | X*A*X | X:n,n A:n,n | no
again: LaTeX spellings, 7 | \operatorname{tr}(A B C) | \mathrm{tr}(CAB) | A:n,m B:m,p C:p,n | yes
again: LaTeX spellings, 8 | \operatorname{tr}(A B C) | \operatorname{tr}(A C B) | A:n,n B:n,n C:n,n | no
again: LaTeX spellings, 9 | \operatorname{tr}(A^\top B) | \operatorname{tr}(B^{\top}A) | A:n,m B:n,m | yes
again: LaTeX spellings, 10 | \left(A B\right)^{-1} | B^{-1}A^{-1} | A:n,n B:n,n | yes
again: LaTeX spellings, 11 | \left(A B\right)^{-1} | A^{-1}B^{-1} | A:n,n B:n,n | no
again: LaTeX spellings, 12 | A^{-\top} | inv(A.T) | A:n,n | yes
again: LaTeX spellings, 13 | \|x-y\|^2 | x.T*x - 2*x.T*y + y.T*y | x:n,1 y:n,1 | yes
again: LaTeX spellings, 14 | \lVert X \rVert_F^2 | tr(X.T*X) | X:n,m | yes
again: LaTeX spellings, 15 | \det(AB) | \det A \det B | A:n,n B:n,n | yes
again: LaTeX spellings, 16 | \det(A+B) | \det A + \det B | A:n,n B:n,n | no
again: LaTeX spellings, 17 | \det(2A) | 2^n \det A | A:n,n | yes
again: LaTeX spellings, 18 | \det(2A) | 2\det A | A:n,n | no
again: LaTeX spellings, 19 | \log|A| | -\log|A^{-1}| | A:n,n | yes
again: LaTeX spellings, 20 | log(det(A.T*A)) | 2*log(abs(det(A))) | A:n,n | yes
again: LaTeX spellings, 21 | log(det(A.T*A)) | 2*log(det(A)) | A:n,n | no
again: matrix identities, 1 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A) | A:n,n U:n,k C:k,k V:k,n | yes
again: matrix identities, 2 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(C + V*inv(A)*U)*V*inv(A) | A:n,n U:n,k C:k,k V:k,n | no
again: matrix identities, 3 | (A + uv^\top)^{-1} | A^{-1} - \frac{A^{-1}uv^\top A^{-1}}{1+v^\top A^{-1}u} | A:n,n u:n,1 v:n,1 | yes
again: matrix identities, 4 | det(A + u*v.T) | det(A)*(1+v.T*inv(A)*u) | A:n,n u:n,1 v:n,1 | yes
again: matrix identities, 5 | det(A + u*v.T) | det(A)*(1+u.T*inv(A)*v) | A:n,n u:n,1 v:n,1 | no
again: matrix identities, 6 | inv(I + A*B)*A | A*inv(I + B*A) | A:n,m B:m,n | yes
again: matrix identities, 7 | inv(I + A*B)*A | A*inv(I + A.T*B.T) | A:n,n B:n,n | no
again: matrix identities, 8 | X.T*inv(X*X.T + l*eye(n)) | inv(X.T*X + l*eye(d))*X.T | l>0 X:n,d | yes
again: matrix identities, 9 | kron(A,B)*kron(C,D) | kron(A*C,B*D) | A:n,n B:m,m C:n,n D:m,m | yes
again: matrix identities, 10 | kron(A,B) | kron(B,A) | A:n,n B:n,n | no
again: matrix identities, 11 | vec(A*X*B) | kron(B.T,A)*vec(X) | A:p,n X:n,m B:m,q | yes
again: matrix identities, 12 | vec(A*X*B) | kron(B,A)*vec(X) | A:n,n X:n,n B:n,n | no
again: matrix identities, 13 | tr(A.T*B) | vec(A).T*vec(B) | A:n,m B:n,m | yes
again: matrix identities, 14 | x.T*A*x | x.T*(A+A.T)*x/2 | x:n,1 A:n,n | yes
again: matrix identities, 15 | (A+A.T)*x | 2*A*x | x:n,1 A:n,n | no
again: matrix identities, 16 | diag(u)*A*diag(v) | hadamard(A, u*v.T) | A:n,m u:n,1 v:m,1 | yes
again: matrix identities, 17 | u\odot v | \operatorname{diag}(u)v | u:n,1 v:n,1 | yes
again: matrix identities, 18 | W^\top(d\odot \tanh(z)) | (W^\top d)\odot\tanh(z) | W:n,n d:n,1 z:n,1 | no
again: matrix identities, 20 | tr(u*v.T) | v.T*u | u:n,1 v:n,1 | yes
again: matrix identities, 21 | tr(eye(n)) | n | A:n,n | yes
again: matrix identities, 22 | tr(A*A.T) | tr(A)^2 | A:n,n | no
again: matrix identities, 23 | tr(A*A.T) | tr(A*A) | A:n,n | no
again: matrix identities, 24 | a.T*X*a | (X*a).T*a | X:32,32 a:32,1 | yes
again: matrix identities, 25 | a.T*X*b | b.T*X*a | X:64,64 a:64,1 b:64,1 | no
again: matrix identities, 26 | tr(eye(32)) + x.T*x | x.T*x + 32 | x:32,1 | yes
again: matrix identities, 27 | tr(eye(32)) + x.T*x | x.T*x + 31 | x:32,1 | no
again: matrix identities, 28 | X.T*inv(X*X.T + l*eye(40)) | inv(X.T*X + l*eye(20))*X.T | l>0 X:40,20 | yes
again: matrix identities, 29 | log(det(3*A)) | 100*log(3) + log(det(A)) | A:100,100 | yes
again: matrix identities, 30 | log(det(3*A)) | 99*log(3) + log(det(A)) | A:100,100 | no
again: matrix identities, 31 | vec(A*X*B) | kron(B.T,A)*vec(X) | A:20,30 X:30,40 B:40,17 | yes
again: matrix identities, 32 | tanh(W*x) | tanh(W)*x | W:50,50 x:50,1 | no
again: matrix identities, 33 | x.T*x/n | dot(x,x)/n | x:n,1 | yes
again: matrix identities, 34 | \frac{x^\top y}{\|x\|\|y\|} | x.T*y/sqrt(x.T*x*y.T*y) | x:n,1 y:n,1 | yes
large sizes, 3 | a.T*X*b | b.T*X*a | X:128,128 a:128,1 b:128,1 | no
large sizes, 4 | a.T*X*b | b.T*X*a | X:256,256 a:256,1 b:256,1 | no
large sizes, 7 | relu(tr(A*inv(A))-20)*tr(A) | 0*tr(A) | A:32,32 | no
large sizes, 8 | relu(tr(A*inv(A))-40)*tr(A) | 0*tr(A) | A:32,32 | yes
large sizes, 10 | X.T*inv(X*X.T + l*eye(400)) | inv(X.T*X + l*eye(20))*X.T | l>0 X:400,20 | yes
large sizes, 13 | log(det(A.T*A)) | 2*log(det(A)) | A:100,100 | no
large sizes, 15 | vec(A*X*B) | kron(B,A)*vec(X) | A:20,20 X:20,20 B:20,20 | no
large sizes, 16 | vec(A*X*B) | kron(B,A)*vec(X) | A:30,30 X:30,30 B:30,30 | no
large sizes, 18 | tanh(W*x+b) | tanh(W*x)+b | W:128,784 x:784,1 b:128,1 | no
large sizes, 19 | W^\top (d\odot\tanh(z)) | W^\top\operatorname{diag}(\tanh z)d | W:128,784 z:128,1 d:128,1 | yes
large sizes, 20 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A) | A:50,50 U:50,20 C:20,20 V:20,50 | yes
large sizes, 21 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(C + V*inv(A)*U)*V*inv(A) | A:50,50 U:50,20 C:20,20 V:20,50 | no
large sizes, 22 | log(W)*x | log(2*W)*x | W:30,30 x:30,1 | no
large sizes, 23 | log(x) | log(2*x) | x:1000,1 | no
large sizes, 24 | x.T*x/1000 | x.T*x/999 | x:1000,1 | no
large sizes, 25 | tr(ones(1000,1)*x.T) | ones(1,1000)*x | x:1000,1 | yes
large sizes, 26 | ones(1,100)*ones(100,1) | 100 | x:100,1 | yes
large sizes, 27 | kron(A,B) | kron(B,A) | A:20,20 B:20,20 | no
large sizes, 28 | A*B | B*A | A:300,300 B:300,300 | no
large sizes, 29 | tr(A*B) | tr(B*A) | A:3000,300 B:300,3000 | yes
large sizes, 30 | (A*B).T | B.T*A.T | A:17,600 B:600,17 | yes
large sizes, 31 | norm(x)^2 | norm(x) | x:500,1 | no
large sizes, 32 | A+eye(600) | A | A:600,600 | no
large sizes, 33 | exp(-norm(x-y)^2/2) | exp(-(x.T*x)/2+x.T*y-(y.T*y)/2) | x:64,1 y:64,1 | yes
large sizes, 34 | A.T*A | A*A.T | A:40,40 | no
large sizes, 35 | det(A)^2 | det(A*A)*2 | A:90,90 | no
spellings and identities, 1 | \frac{1}{2}\log\det(I + X X^\top) | \frac12\log\det(I+X^\top X) | X:n,m | yes
spellings and identities, 2 | \frac{1}{2}\log\det(I + X X^\top) | \log\det(I+X^\top X) | X:n,m | no
spellings and identities, 3 | \mathrm{tr}\left(\Sigma_2^{-1}\Sigma_1\right) | \operatorname{tr}(\Sigma_1\Sigma_2^{-1}) | Sigma_1:n,n Sigma_2:n,n | yes
spellings and identities, 4 | (\mu_1-\mu_2)^T\Sigma^{-1}(\mu_1-\mu_2) | \mu_1^T\Sigma^{-1}\mu_1 - \mu_1^T\Sigma^{-1}\mu_2-\mu_2^T\Sigma^{-1}\mu_1+\mu_2^T\Sigma^{-1}\mu_2 | mu_1:n,1 mu_2:n,1 Sigma:n,n | yes
spellings and identities, 5 | (\mu_1-\mu_2)^T\Sigma^{-1}(\mu_1-\mu_2) | \mu_1^T\Sigma^{-1}\mu_1 - 2\mu_1^T\Sigma^{-1}\mu_2+\mu_2^T\Sigma^{-1}\mu_2 | mu_1:n,1 mu_2:n,1 Sigma:n,n | no
spellings and identities, 6 | \mathbf{W}^{\mathsf T}\mathbf{x} | W.T*x | W:n,m x:n,1 | yes
spellings and identities, 7 | \boldsymbol{\theta}^{\intercal}\mathbf{x} | theta.T*x | theta:n,1 x:n,1 | yes
spellings and identities, 8 | \exp\left\{-\frac{1}{2}(x-\mu)^2\right\} | exp(-(x-mu)^2/2) | - | yes
spellings and identities, 9 | \log\bigl(1+\mathrm{e}^{-x}\bigr) | softplus(-x) | - | yes
spellings and identities, 10 | \ln 2\pi | log(2*pi) | - | yes
spellings and identities, 11 | \sqrt{2\pi}\,\sigma | sqrt(2*pi)*sigma | sigma>0 | yes
spellings and identities, 12 | \frac{d}{2}\log 2\pi | d*log(2*pi)/2 | - | yes
spellings and identities, 13 | \sin^2\theta+\cos^2\theta | 1 | - | yes
spellings and identities, 14 | \cos 2x | 2*cos(x)^2-1 | - | yes
spellings and identities, 15 | \sin x^2 | \sin^2 x | - | no
spellings and identities, 16 | e^{x+y} | exp(x)*exp(y) | - | yes
spellings and identities, 17 | e^{-\lambda t} | 1/exp(lambda*t) | - | yes
spellings and identities, 18 | 2^(x+1) | 2*2^x | - | yes
spellings and identities, 19 | \log_2 x | log(x)/log(2) | - | yes
spellings and identities, 20 | \log_{10} x | ln(x)/ln(10) | - | yes
spellings and identities, 21 | |x|^2 | x^2 | - | yes
spellings and identities, 22 | \lVert Ax-b\rVert_2^2 | (A*x-b).T*(A*x-b) | A:m,n x:n,1 b:m,1 | yes
spellings and identities, 23 | 2A^\top(Ax-b) | 2*A.T*A*x - 2*A.T*b | A:m,n x:n,1 b:m,1 | yes
spellings and identities, 24 | 2A^\top(Ax-b) | 2*A*(A*x-b) | A:n,n x:n,1 b:n,1 | no
spellings and identities, 25 | (A^\top A+\lambda I)^{-1}A^\top b | A^\top(AA^\top+\lambda I)^{-1}b | lambda>0 A:m,n b:m,1 | yes
spellings and identities, 26 | \det(A)^{-1} | \det(A^{-1}) | A:n,n | yes
spellings and identities, 27 | \operatorname{kron}(A,B) | kron(A,B) | A:n,n B:m,m | yes
spellings and identities, 28 | A\otimes B | kron(A,B) | A:n,n B:m,m | yes
spellings and identities, 29 | det(kron(A,B)) | det(A)^2*det(B)^2 | A:2,2 B:2,2 | yes
spellings and identities, 30 | det(kron(A,B)) | det(A)^m*det(B)^n | A:n,n B:m,m | yes
spellings and identities, 31 | det(kron(A,B)) | det(A)^n*det(B)^m | A:n,n B:m,m | no
spellings and identities, 32 | tr(kron(A,B)) | tr(A)*tr(B) | A:n,n B:m,m | yes
spellings and identities, 33 | inv(kron(A,B)) | kron(inv(A),inv(B)) | A:n,n B:m,m | yes
spellings and identities, 34 | x^3/abs(x) | x*abs(x) | - | yes
spellings and identities, 35 | x^3/abs(x) | x^2 | - | no
spellings and identities, 36 | max(x,-x) | abs(x) | - | yes
spellings and identities, 37 | min(x,y) | (x+y-abs(x-y))/2 | - | yes
spellings and identities, 38 | log(abs(x)) | log(x^2)/2 | - | yes
spellings and identities, 39 | sqrt(x^2+y^2) | x+y | - | no
spellings and identities, 40 | log(a+b) | log(a)+log(b) | a>0 b>0 | no
spellings and identities, 41 | erf(x/sqrt(2))/2+1/2 | erfc(-x/sqrt(2))/2 | - | yes
spellings and identities, 42 | x*erf(x)+exp(-x^2)/sqrt(pi) | x - x*erfc(x) + exp(-x^2)/sqrt(pi) | - | yes
spellings and identities, 43 | relu(x)*relu(y) | relu(x*y) | - | no
spellings and identities, 44 | relu(a*x) | a*relu(x) | a>0 | yes
spellings and identities, 46 | tanh(x+y) | (tanh(x)+tanh(y))/(1+tanh(x)*tanh(y)) | - | yes
spellings and identities, 47 | 1/(1+x^2) | cos(atan(x))^2 | - | yes
spellings and identities, 48 | gamma(1/2+x)*gamma(1/2-x) | pi/cos(pi*x) | - | yes
spellings and identities, 49 | factorial(n)/factorial(n-1) | n | n>0 | yes
spellings and identities, 50 | 1e15*x+1 | 1e15*x | - | no
spellings and identities, 51 | cosh(x)^2-sinh(x)^2 | 1 | - | yes
spellings and identities, 52 | \frac{\sigma^2}{\sigma^2+\tau^2} | 1-\frac{\tau^2}{\sigma^2+\tau^2} | sigma>0 tau>0 | yes
spellings and identities, 53 | \left(\frac{1}{\sigma^2}+\frac{1}{\tau^2}\right)^{-1} | \frac{\sigma^2\tau^2}{\sigma^2+\tau^2} | sigma>0 tau>0 | yes
spellings and identities, 54 | u v^\top x | (v.T*x)*u | u:n,1 v:n,1 x:n,1 | yes
spellings and identities, 56 | \operatorname{Tr}\{AB\} | tr(B*A) | A:n,m B:m,n | yes
spellings and identities, 57 | \text{tr}(AB) | tr(B*A) | A:n,m B:m,n | yes
spellings and identities, 58 | \dfrac{1}{2}x | x/2 | - | yes
spellings and identities, 59 | \tfrac12 x^{2} | 0.5*x*x | - | yes
spellings and identities, 60 | (A\otimes B)x | (B\otimes A)x | A:2,2 B:2,2 x:4,1 | no
spellings and identities, 61 | x\,\log x - x | x*(log(x)-1) | x>0 | yes
spellings and identities, 62 | x_{1}^{2}+x_{2}^{2} | x_1^2+x_2^2 | - | yes
spellings and identities, 63 | \hat{\mu}^2 | mu_hat**2 | - | yes
spellings and identities, 64 | \operatorname{softplus}(x) | log1p(exp(x)) | - | yes
spellings and identities, 65 | \operatorname{ReLU}(x) | max(0,x) | - | yes
spellings and identities, 66 | \max\{0,x\} | relu(x) | - | yes
spellings and identities, 67 | \operatorname{sign}(x)\,|x| | x | - | yes
spellings and identities, 68 | \sgn(x)|x| | x | - | yes
spellings and identities, 69 | \operatorname{arctanh}(x) | log((1+x)/(1-x))/2 | - | yes
spellings and identities, 70 | \tanh^{-1}(x) | atanh(x) | - | yes
spellings and identities, 71 | \operatorname{logit}(p) | log(p/(1-p)) | - | yes
spellings and identities, 72 | -p\log p-(1-p)\log(1-p) | -p*log(p)-log(1-p)+p*log(1-p) | - | yes
spellings and identities, 73 | \cosh x | \frac{e^x+e^{-x}}{2} | - | yes
spellings and identities, 74 | e^{x^2} | (e^x)^2 | - | no
sizes of Kronecker products, 1 | kron(A,B) | kron(B,A) | A:5,5 B:5,5 | no
sizes of Kronecker products, 2 | tr(kron(A,B)) | tr(A)*tr(B) | A:5,5 B:6,6 | yes
sizes of Kronecker products, 3 | kron(A,B)*kron(C,D) | kron(A*C,B*D) | A:5,5 B:6,6 C:5,5 D:6,6 | yes
sizes of Kronecker products, 4 | vec(A*X*B) | kron(B.T,A)*vec(X) | A:3,4 X:4,5 B:5,6 | yes
sizes of Kronecker products, 5 | vec(A*X*B) | kron(B,A)*vec(X) | A:5,5 X:5,5 B:5,5 | no
sizes of Kronecker products, 6 | tr(eye(5))*tr(kron(A,A)) | 5*tr(A)^2 | A:5,5 | yes
sizes of Kronecker products, 7 | tr(eye(5))*tr(kron(A,A)) | 6*tr(A)^2 | A:5,5 | no
sizes of Kronecker products, 8 | det(kron(A,B)) | det(A)^6*det(B)^5 | A:5,5 B:6,6 | yes
sizes of Kronecker products, 9 | det(kron(A,B)) | det(A)^5*det(B)^6 | A:5,5 B:6,6 | no
sizes of Kronecker products, 10 | kron(kron(A,B),C) | kron(A,kron(B,C)) | A:3,3 B:3,3 C:3,3 | yes
sizes of Kronecker products, 11 | kron(kron(A,B),C) | kron(A,kron(C,B)) | A:3,3 B:3,3 C:3,3 | no
a size too large to be filled | A*B | B*A | A:900,900 B:900,900 | no
where formulas part, 1 | sqrt((l-10)^2)*A | (10-l)*A | l>0 A:n,n | no
where formulas part, 2 | sqrt((l-10)^2)*A | abs(10-l)*A | l>0 A:n,n | yes
where formulas part, 3 | \max(\lambda,-8)\,x | \lambda x | x:n,1 | no
where formulas part, 4 | \min(\lambda,100)\operatorname{tr}(A) | \lambda\operatorname{tr}(A) | A:n,n | no
where formulas part, 5 | log((l-6)^2)*tr(A) | 2*log(6-l)*tr(A) | l>0 A:n,n | no
where formulas part, 6 | log((l-6)^2)*tr(A) | 2*log(abs(6-l))*tr(A) | l>0 A:n,n | yes
where formulas part, 7 | x*(exp(-l*10^4)+1) | x | l>0 x:n,1 | no
where formulas part, 8 | log(ones(1,n)*exp(x)+exp(-1000*l)) | log(ones(1,n)*exp(x)) | l>0 x:n,1 | no
where formulas part, 9 | A*relu(1-(l-12345)^2) | 0*A | A:n,n | no
where formulas part, 10 | max(x.T*x, 10^(-3)) | x.T*x | x:n,1 | no
where formulas part, 11 | max(x.T*x, -10^(-3)) | x.T*x | x:n,1 | yes
where formulas part, 12 | max(tr(A), -1000) | tr(A) | A:n,n | no
where formulas part, 13 | relu(norm(x)-10^6) | 0 | x:n,1 | no
where formulas part, 14 | relu(10^(-9)-norm(x)^2) | 0 | x:n,1 | no
where formulas part, 15 | max(det(A), -10^20) | det(A) | A:n,n | no
where formulas part, 16 | relu(det(A)-10^20) | 0 | A:8,8 | no
where formulas part, 17 | tr(A)*sign(tr(A)-7)^2 | tr(A) | A:n,n | no
where formulas part, 18 | norm(x)*sign(norm(x)^2-3)^2 | norm(x) | x:n,1 | no
where formulas part, 19 | abs(tr(A)-7)*sign(tr(A)-7) | tr(A)-7 | A:n,n | yes
where formulas part, 20 | relu(W*x-100*ones(n,1)) | 0*x | W:n,n x:n,1 | no
where formulas part, 21 | A*(n-1)*(n-2)*(n-3)*(n-4) | 0*A | A:n,n | no
where formulas part, 22 | tr(eye(n))*(n-1)*(n-2)*(n-3)*(n-4)*(n-5)*(n-6) | 0 | A:n,n | no
where formulas part, 23 | A*relu(tr(eye(n))-6) | 0*A | A:n,n | no
where formulas part, 24 | A*relu(tr(eye(n))-9) | 0*A | A:n,n | no
where formulas part, 25 | max(0, 1-(x-137.3)^2) | 0 | - | no
where formulas part, 26 | max(0, 1-(x-10^5)^4) | 0 | - | no
where formulas part, 27 | abs(x^2-5*x+6.2499) | x^2-5*x+6.2499 | - | no
where formulas part, 28 | abs(x^2-5*x+6.25) | x^2-5*x+6.25 | - | yes
where formulas part, 29 | log((x-1/3)^2-10^(-6)) | log(abs((x-1/3)^2-10^(-6))) | - | no
where formulas part, 30 | log((x-1/3)^2+10^(-6)) | log(abs((x-1/3)^2+10^(-6))) | - | yes
where formulas part, 31 | sqrt((x-137)^2*(x-138)*(x-139)) | abs(x-137)*sqrt(abs((x-138)*(x-139))) | - | no
where formulas part, 32 | sqrt((x-137)^2*(x-138)*(x-139)) | abs(x-137)*sqrt((x-138)*(x-139)) | - | yes
where formulas part, 33 | sqrt(x-199)*sqrt(x-200)*sqrt(x-201) | sqrt(x^3-600*x^2+119999*x-7999800) | - | no
where formulas part, 34 | relu(1-10^6*(x^2-2)^2) | 0 | - | no
where formulas part, 35 | max(sin(x), 0.9999) | 0.9999 | - | no
where formulas part, 36 | max(sin(x), 1) | 1 | - | yes
where formulas part, 37 | log(cos(x)+0.9999) | log(abs(cos(x)+0.9999)) | - | no
where formulas part, 38 | relu(x*exp(-x/7)-2.575) | 0 | - | no
where formulas part, 39 | relu(x*exp(-x/7)-2.576) | 0 | - | yes
where formulas part, 40 | relu(-x*log(x)-0.3678) | 0*log(x) | x>0 | no
where formulas part, 41 | max(x^5-5*x^3+4*x, -3.6) | x^5-5*x^3+4*x | x>0 | no
where formulas part, 42 | max(x^5-5*x^3+4*x, -3.64) | x^5-5*x^3+4*x | x>0 | yes
where formulas part, 43 | abs(gamma(x)-0.886) | gamma(x)-0.886 | x>0 | no
where formulas part, 44 | abs(gamma(x)-0.885) | gamma(x)-0.885 | x>0 | yes
where formulas part, 45 | min(log(x), 40) | log(x) | x>0 | no
where formulas part, 46 | max(log(x), 5000) | 5000 | x>0 | no
where formulas part, 47 | relu(sqrt(x)-10^6) | 0*sqrt(x) | x>0 | no
where formulas part, 48 | min(x^2, exp(60)) | x^2 | - | no
where formulas part, 49 | relu(1/x-10^12) | 0 | x>0 | no
where formulas part, 50 | relu(atan(x)-1.57079632679) | 0 | - | no
where formulas part, 51 | relu(atan(x)-1.57079632680) | 0 | - | yes
where formulas part, 52 | max(0, 1-abs(x-100)-abs(y-200)) | 0 | - | no
where formulas part, 53 | max(0, 1-(x-100)^2-(y-200)^2) | 0 | - | no
where formulas part, 54 | max(0, -1-(x-100)^2-(y-200)^2) | 0 | - | yes
where formulas part, 55 | max(0, 10^(-4)-(x-3)^2-(y+7)^2) | 0 | - | no
where formulas part, 56 | max(0, 1-(x*y-100)^2) | 0 | - | no
where formulas part, 57 | relu(sin(x)*sin(y)*sin(z)-0.99) | 0 | - | no
where formulas part, 58 | relu(sin(x)*sin(y)*sin(z)-1) | 0 | - | yes
where formulas part, 59 | max(cos(x)+cos(y), 2) | 2 | - | yes
where formulas part, 60 | sign(x-5)^2 | 1 | - | no
where formulas part, 61 | sign(x-5)^2 | abs(sign(5-x)) | - | yes
where formulas part, 62 | sign(x-5)^2*x | x | - | no
where formulas part, 63 | sign(x-5) | (x-5)/abs(x-5) | - | yes
where formulas part, 64 | abs(sign(x-1/3)) | 1 | - | no
where formulas part, 65 | abs(sign(x^2-2)) | 1 | - | no
where formulas part, 66 | abs(sign(x^2-2)) | sign(x^2-2)^2 | - | yes
where formulas part, 67 | sign(x^2-2) | sign(x-sqrt(2))*sign(x+sqrt(2)) | - | yes
where formulas part, 68 | abs(x^2-2)*sign(x^2-2) | x^2-2 | - | yes
where formulas part, 69 | sign((x-sqrt(2))^2) | 1 | - | no
where formulas part, 70 | sign(log(x)-2)^2 | 1 | x>0 | no
where formulas part, 71 | sign(log(x)-2) | sign(x-e^2) | x>0 | yes
where formulas part, 72 | tanh(10^20*(x-3)) | sign(x-3) | - | no
where formulas part, 73 | tanh(x+1000) | 1 | x>0 | no
where formulas part, 74 | 1-tanh(x+800) | 2/(1+exp(2*x+1600)) | x>0 | yes
where formulas part, 75 | 1-tanh(x+800) | 2/(1+exp(2*x+1601)) | x>0 | no
where formulas part, 76 | sigmoid(x+2000)/sigmoid(x+3000) | 1 | x>0 | no
where formulas part, 77 | log(1+exp(-x^2-3000)) | 0 | - | no
where formulas part, 78 | log(1+exp(-x-1000)) | exp(-x-1000) | x>0 | no
where formulas part, 79 | 2+erfc(x^2+40) | 2 | - | no
where formulas part, 80 | sqrt(x^2+1) + exp(-2000) | sqrt(x^2+1) | - | no
where formulas part, 81 | cosh(x) + 10^(-650) | cosh(x) | - | no
where formulas part, 82 | tr(A)+exp(-1500) | tr(A) | A:n,n | no
where formulas part, 83 | erf(50) | 1 | - | no
where formulas part, 84 | erf(x+60) | 1-erfc(x+60) | x>0 | yes
where formulas part, 85 | softplus(x+2000) | x+2000 | x>0 | no
where formulas part, 86 | softplus(x+2000) | x+2000+log(1+exp(-x-2000)) | x>0 | yes
where formulas part, 87 | 1 + exp(-10^6*(x-7/3)^2) | 1 | - | no
where formulas part, 88 | 1 + exp(-10^6*(x^2-2)^2) | 1 | - | no
where formulas part, 89 | 1 + exp(-10^6*((x-3)^2+(y-41)^2)) | 1 | - | no
where formulas part, 90 | x + sin(2^130*pi*x) | x | - | no
where formulas part, 91 | x + sin(3^40*pi*x) | x | - | no
where formulas part, 92 | acos(x-37)+acos(y+41) | pi - asin(x-37) - asin(y+41) | - | yes
where formulas part, 93 | acos(x-37)+acos(y+41) | pi - asin(x-37) + asin(y+41) | - | no
where formulas part, 94 | sqrt(x-100)*sqrt(101-x)*sqrt(y-100)*sqrt(101-y) | sqrt((x-100)*(101-x))*sqrt((y-100)*(101-y)) | - | yes
where formulas part, 95 | sqrt(x-37)*sqrt(38-x)*sqrt(y-37)*sqrt(38-y) | sqrt((x-37)*(38-x)*(y-37)*(38-y)) | - | no
where formulas part, 96 | log(x-20)+log(21-x)+log(y-20)+log(21-y) | log((x-20)*(21-x))+log((y-20)*(21-y)) | - | yes
where formulas part, 97 | atanh(x^2-50) | log((x^2-49)/(51-x^2))/2 | - | yes
where formulas part, 98 | acos(x*y-50) | pi/2-asin(x*y-50) | - | yes
where formulas part, 99 | acos(x*y-50) | pi/2-asin(x*y-50)+10^(-30) | - | no
where formulas part, 100 | acos((x-3)^2+(y-40)^2+1/2) | pi/2-asin((x-3)^2+(y-40)^2+1/2) | - | yes
where formulas part, 101 | abs(x-50.2)*acos(x-50) | (x-50.2)*acos(x-50) | - | no
where formulas part, 102 | acos(tr(A)-50) | pi/2-asin(tr(A)-50) | A:n,n | yes
where formulas part, 103 | acos(tr(A)-50) | pi/2+asin(tr(A)-50) | A:n,n | no
where formulas part, 104 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A) | A:16,16 U:16,12 C:12,12 V:12,16 | yes
where formulas part, 105 | inv(A + U*C*V) | inv(A) - inv(A)*U*inv(inv(C) - V*inv(A)*U)*V*inv(A) | A:10,10 U:10,8 C:8,8 V:8,10 | no
where formulas part, 106 | det(A*B*C) | det(C)*det(B)*det(A) | A:16,16 B:16,16 C:16,16 | yes
where formulas part, 107 | tr(A*B*A*B*A*B) | tr(B*A*B*A*B*A) | A:14,14 B:14,14 | yes
where formulas part, 108 | y.T*inv(K+s^2*eye(16))*y | y.T*inv(K/s^2+eye(16))*y/s^2 | s>0 K:16,16 y:16,1 | yes
where formulas part, 109 | y.T*inv(K+s^2*eye(16))*y | y.T*inv(K/s^2+eye(16))*y/s | s>0 K:16,16 y:16,1 | no
where formulas part, 110 | log(abs(det(eye(16)+X*X.T/s^2))) | log(abs(det(eye(8)+X.T*X/s^2))) | s>0 X:16,8 | yes
where formulas part, 111 | tr(eye(16))*det(A) | 16*det(A) | A:16,16 | yes
where formulas part, 112 | tr(eye(8))*det(A) | 7*det(A) | A:8,8 | no
where formulas part, 113 | det(-A) | det(A) | A:8,8 | yes
where formulas part, 114 | det(-A) | det(A) | A:7,7 | no
where formulas part, 115 | det(A-A.T) | 0 | A:7,7 | yes
where formulas part, 116 | det(A-A.T) | 0 | A:8,8 | no
where formulas part, 117 | det(X*X.T) | 0 | X:8,7 | yes
where formulas part, 118 | det(X*X.T) | 0 | X:7,8 | no
where formulas part, 119 | relu(tr(A*inv(A))-7) | 0 | A:8,8 | no
where formulas part, 120 | relu(tr(A*inv(A))-8) | 0 | A:8,8 | yes
where formulas part, 121 | x*(exp(-l*10^4)+1) | x | l>0 x:8,1 | no
where formulas part, 122 | max(det(A), -10^20) | det(A) | A:8,8 | no
where formulas part, 123 | relu(W*x-100*ones(8,1)) | 0*x | W:8,8 x:8,1 | no
where formulas part, 124 | A*relu(tr(eye(8))-9) | 0*A | A:8,8 | yes
where formulas part, 125 | tr(A)+exp(-1500) | tr(A) | A:8,8 | no
where formulas part, 126 | log(det(A.T*A)) | 2*log(abs(det(A))) | A:10,10 | yes
where formulas part, 127 | log(det(A.T*A)) | 2*log(det(A)) | A:10,10 | no
where formulas part, 128 | abs(det(kron(A,B))) | abs(det(A))^4*abs(det(B))^4 | A:4,4 B:4,4 | yes
where formulas part, 129 | max(0, 1/100-norm(A*x-b)^2) | 0 | A:n,n x:n,1 b:n,1 | no
where formulas part, 130 | max(0, 1-(x-30)^2-(y-41)^2-(z-52)^2-(u-63)^2-(v-74)^2-(w-85)^2) | 0 | - | no
where formulas part, 131 | max(exp(x), exp(7000)) | exp(x) | - | no
where formulas part, 132 | log(max(x, 5)) | max(log(x), log(5)) | - | no
where formulas part, 133 | sqrt(x^2-10^6) | sqrt(x-1000)*sqrt(x+1000) | - | no
where formulas part, 134 | sqrt(x^2-10^6) | sqrt(abs(x)-1000)*sqrt(abs(x)+1000) | - | yes
where formulas part, 135 | sign(exp(x)-1)*x | abs(x) | - | yes
where formulas part, 136 | sign(exp(x-y)-1)*(x-y) | abs(x-y) | - | yes
where formulas part, 137 | sign(sin(x))*sin(x) | abs(sin(x)) | - | yes
where formulas part, 138 | sign(x*y*z-100)^2 | 1 | - | no
where formulas part, 139 | sign(sin(x)-1/2)^2 | 1 | - | no
where formulas part, 140 | sign(norm(x)-norm(y))^2 | 1 | x:n,1 y:n,1 | no
where formulas part, 141 | sign(det(A))*det(A) | abs(det(A)) | A:n,n | yes
where formulas part, 142 | relu(1-10^6*norm(x-y)^2) | 0 | x:n,1 y:n,1 | no
where formulas part, 143 | sqrt(x+y-100)*sqrt(100.01-x-y)*acos(x-y-30) | sqrt((x+y-100)*(100.01-x-y))*acos(x-y-30) | - | yes
where formulas part, 144 | log(log(log(x)-3)-2) | log(log(log(x)-3)-2) + 0*x | - | yes
where formulas part, 145 | acosh(x-10^9) | log(x-10^9+sqrt((x-10^9)^2-1)) | - | yes
"""  # noqa: E501


def read_row(line: str):
    """(name, expected, answer, declarations, equal)."""
    name, expected, answer, given, verdict = (part.strip() for part in line.split(" | "))
    return name, expected, answer, declarations(given), {"yes": True, "no": False}[verdict]


def declarations(text: str) -> dict:
    parts = text.split()
    return {
        "positive": tuple(p[:-2] for p in parts if p.endswith(">0")),
        "shapes": read_shapes(" ".join(p for p in parts if ":" in p)),
    }


TABLE = [read_row(line) for line in PAIRS.strip().splitlines()]
NAMES = [row[0] for row in TABLE]
