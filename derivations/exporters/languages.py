"""How each language writes the operations: templates, and the matrix functions that JavaScript lacks.

A template is a call, or a pair (its own precedence, text).  In the text ``{0:*}`` is the first operand,
in parentheses unless it binds at least as tightly as ``*``.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .operations import Operation

TIGHTNESS = {"": 0, "?": 0, "<": 1, "+": 2, "*": 3, "^": 4, ".": 5}


class Source(str):
    """A piece of source with its precedence; formatting puts it in parentheses where they are needed."""

    precedence = "."

    def __new__(cls, text: str, precedence: str = "."):
        made = super().__new__(cls, text)
        made.precedence = precedence
        return made

    def __format__(self, needed: str) -> str:
        return str(self) if TIGHTNESS[self.precedence] >= TIGHTNESS[needed] else f"({self})"


@dataclass(frozen=True)
class Language:
    """A target: templates of operations and of statements, reserved names, and what stands before and after.

    `broadcasts`: a function of a number may be applied to an array.  `free`: operations that are not
    worth a name of their own.  `imports`: lines by the name that needs them, in groups.  `library`:
    functions by name, written out where they are used.
    """

    name: str
    operations: Mapping[str, str | tuple[str, str]]
    statements: Mapping[str, str]
    reserved: frozenset[str]
    indent: str = "    "
    broadcasts: bool = True
    free: frozenset[str] = frozenset()
    imports: tuple[Mapping[str, str], ...] = ()
    library: Mapping[str, str] = field(default_factory=dict)
    comment: Callable[[str], str] = str

    def write(self, operation: Operation, names: Mapping[Operation, str], like: str = "") -> Source:
        """The operation as source; `names` are those already computed, `like` an array of the right type."""
        if operation in names:
            return Source(names[operation])
        if operation.kind in ("name", "number"):
            return Source(operation.text)
        template = self.template(operation)
        precedence, text = template if isinstance(template, tuple) else (".", template)
        written = [self.write(a, names, like) for a in operation.args]
        new, to = (f"{like}.new_", f".to({like})") if like else ("torch.", "")
        every = ", ".join(written)
        made = text.format(*written, text=operation.text, i=operation.index, every=every, new=new, to=to)
        return Source(made, precedence)

    def template(self, operation: Operation):
        """The most special template there is: for a number known from shapes, for arrays, for anything."""
        kind = operation.kind
        special = (f"static {kind}",) * operation.static + (f"array {kind}",) * bool(operation.rank)
        return next(self.operations[k] for k in (*special, kind) if k in self.operations)

    def headers(self, source: str) -> str:
        def needed(group):
            return "".join(f"{line}\n" for name, line in group.items() if re.search(rf"\b{name}\b", source))

        return "\n".join(filter(None, map(needed, self.imports)))

    def functions(self, source: str) -> str:
        """The library functions that a source calls, and those that they call, in the order of the table."""
        wanted: set[str] = set()
        todo = [source]
        while todo:
            text = todo.pop()
            found = {f for f in self.library if f not in wanted and re.search(rf"(\.\.\.|[^.\w]){f}\(", text)}
            wanted |= found
            todo += [self.library[f] for f in found]
        return "".join(f"\n{text}\n" for f, text in self.library.items() if f in wanted)


# --- Python: NumPy, and how the others differ ---------------------------------------------------

NUMPY = {
    "add": ("+", "{0:+} + {1:*}"),
    "subtract": ("+", "{0:+} - {1:*}"),
    "negate": ("+", "-{0:*}"),
    "multiply": ("*", "{0:*} * {1:^}"),
    "scale": ("*", "{0:*} * {1:^}"),
    "divide": ("*", "{0:*} / {1:^}"),
    "power": ("^", "{0:.} ** {1:^}"),
    "compare": ("<", "{0:+} {text} {1:+}"),
    "where": "np.where({0}, {1}, {2})",
    "function": "np.{text}({0})",
    "magnitude": "np.abs({0})",
    "step": "np.heaviside({0}, {1})",
    "Max of two": "np.maximum({0}, {1})",
    "Min of two": "np.minimum({0}, {1})",
    "pi": "np.pi",
    "e": "np.e",
    "apply": "{0}({1})",
    "call with index": "{0}({1}, {2})",
    "matmul": ("*", "{0:*} @ {1:^}"),
    "matrix vector": ("*", "{0:*} @ {1:^}"),
    "vector matrix": ("*", "{0:*} @ {1:^}"),
    "dot": ("*", "{0:*} @ {1:^}"),
    "outer": "np.outer({0}, {1})",
    "scale rows": ("*", "{0:.}[:, None] * {1:^}"),
    "scale columns": ("*", "{0:*} * {1:^}"),
    "transpose": "{0:.}.T",
    "solve": "np.linalg.solve({0}, {1})",
    "inverse": "np.linalg.inv({0})",
    "matrix power": "np.linalg.matrix_power({0}, {1})",
    "determinant": "np.linalg.det({0})",
    "log det": "np.linalg.slogdet({0})[1]",
    "trace": "np.trace({0})",
    "norm": "np.linalg.norm({0})",
    "largest": "np.max({0})",
    "smallest eigenvalue": "np.linalg.eigvalsh({0})[0]",
    "diagonal": "np.diag({0})",
    "diagonal matrix": "np.diag({0})",
    "kronecker": "np.kron({0}, {1})",
    "identity": "np.eye({0})",
    "zeros1": "np.zeros({0})",
    "zeros2": "np.zeros(({0}, {1}))",
    "ones1": "np.ones({0})",
    "ones2": "np.ones(({0}, {1}))",
    "as vector": "np.reshape({0}, (1,))",
    "as entry": "np.reshape({0}, (1, 1))",
    "as column": "{0:.}[:, None]",
    "as row": "{0:.}[None, :]",
    "join": "np.concatenate([{every}])",
    "row of blocks": "[{every}]",
    "blocks": "np.block([{every}])",
    "member": "{0:.}[{1}]",
    "element1": "{0:.}[{1}]",
    "element2": "{0:.}[{1}, {2}]",
    "rows": "{0:.}.shape[0]",
    "columns": "{0:.}.shape[1]",
    "count": "len({0})",
    "sum": "sum({0} for {i} in range({1}, {3}))",
    "sum of arrays": "sum(({0} for {i} in range({1}, {3})), start={4})",
    "growing product": "reduce(np.matmul, ({0} for {i} in range({1}, {3})), {4})",
    "falling product": "reduce(np.matmul, ({0} for {i} in reversed(range({1}, {3}))), {4})",
    "table": "np.array([{0} for {i} in range({1})])",
    "table of numbers": "np.array([{0} for {i} in range({1})])",
    "row": "[{0} for {i} in range({1})]",
    "row of numbers": "[{0} for {i} in range({1})]",
    "smallest": "np.min({0})",
}


def _module(name: str) -> dict:
    """The NumPy table with another module's name."""

    def renamed(text):
        return re.sub(r"\bnp\.", f"{name}.", text)

    return {k: tuple(map(renamed, t)) if isinstance(t, tuple) else renamed(t) for k, t in NUMPY.items()}


JAX = _module("jnp")
TORCH = _module("torch") | {
    "static function": "math.{text}({0})",
    "static magnitude": "abs({0})",
    "pi": "math.pi",
    "e": "math.e",
    "Max of two": "torch.maximum(*torch.broadcast_tensors(torch.as_tensor({0}), torch.as_tensor({1})))",
    "Min of two": "torch.minimum(*torch.broadcast_tensors(torch.as_tensor({0}), torch.as_tensor({1})))",
    "step": "torch.heaviside({0}, torch.full_like({0}, {1}))",
    "kronecker": "torch.kron({0}, {1})",
    "largest": "torch.max({0})",
    "identity": "torch.eye({0}){to}",
    "zeros1": "{new}zeros({0})",
    "zeros2": "{new}zeros(({0}, {1}))",
    "ones1": "{new}ones({0})",
    "ones2": "{new}ones(({0}, {1}))",
    "as vector": "torch.reshape(torch.as_tensor({0}){to}, (1,))",
    "as entry": "torch.reshape(torch.as_tensor({0}){to}, (1, 1))",
    "join": "torch.cat([{every}])",
    "row of blocks": "torch.cat([{every}], dim=1)",
    "blocks": "torch.cat([{every}])",
    "table": "torch.stack([{0} for {i} in range({1})])",
    "table of numbers": "torch.tensor([{0} for {i} in range({1})]){to}",
    "row": "torch.stack([{0} for {i} in range({1})])",
}

PYTHON_STATEMENTS = {
    "function": "def {name}({arguments}):",
    "assign": "{name} = {value}",
    "family": "{name} = {{{members}}}",
    "member": "{index}: {value}",
    "forward": "for {index} in range({lower}, {stop}):",
    "backward": "for {index} in reversed(range({lower}, {stop})):",
    "store": "{name}[{index}] = {value}",
    "variable": "{name} = {value}",
    "update": "{name} = {value}",
    "return": "return {value}",
    "end": "",
}
PYTHON_RESERVED = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, "np", "jnp", "jax", "torch", "math", "reduce"}
    | {"sum", "range", "reversed", "len", "abs"}
)


def _docstring(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{safe}\n"""'


def _python(name: str, module: str, operations: Mapping, line: str) -> Language:
    free = frozenset({"transpose", "as column", "as row"})
    imports = ({"math": "import math", "reduce": "from functools import reduce"}, {module: line})
    return Language(
        name, operations, PYTHON_STATEMENTS, PYTHON_RESERVED, free=free, imports=imports, comment=_docstring
    )


# --- JavaScript ---------------------------------------------------------------------------------

LIBRARY = {
    "map": """\
/** f of the corresponding entries of arrays of one shape; a number goes with every entry. */
function map(f, ...arrays) {
  const first = arrays.find(Array.isArray);
  if (first === undefined) return f(...arrays);
  return first.map((_, i) => map(f, ...arrays.map((a) => (Array.isArray(a) ? a[i] : a))));
}""",
    "add": "const add = (a, b) => map((x, y) => x + y, a, b);",
    "subtract": "const subtract = (a, b) => map((x, y) => x - y, a, b);",
    "multiply": "const multiply = (a, b) => map((x, y) => x * y, a, b);",
    "divide": "const divide = (a, b) => map((x, y) => x / y, a, b);",
    "power": "const power = (a, b) => map((x, y) => x ** y, a, b);",
    "transpose": "const transpose = (A) => A[0].map((_, j) => A.map((row) => row[j]));",
    "dot": "const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);",
    "timesVector": "const timesVector = (A, x) => A.map((row) => dot(row, x));",
    "matmul": """\
function matmul(A, B) {
  const columns = transpose(B);
  return A.map((row) => timesVector(columns, row));
}""",
    "scaleRows": "const scaleRows = (v, A) => A.map((row, i) => multiply(v[i], row));",
    "scaleColumns": "const scaleColumns = (A, v) => A.map((row) => multiply(row, v));",
    "outer": "const outer = (a, b) => a.map((x) => b.map((y) => x * y));",
    "full": """\
/** An array of the given sizes whose entries are entry(i, j, …). */
function full(entry, size, ...sizes) {
  const at = (i) => (sizes.length ? full((...rest) => entry(i, ...rest), ...sizes) : entry(i));
  return Array.from({ length: size }, (_, i) => at(i));
}""",
    "identity": "const identity = (n) => full((i, j) => (i === j ? 1 : 0), n, n);",
    "diagonalMatrix": """\
const diagonalMatrix = (v) => full((i, j) => (i === j ? v[i] : 0), v.length, v.length);""",
    "diagonal": "const diagonal = (A) => full((i) => A[i][i], Math.min(A.length, A[0].length));",
    "trace": "const trace = (A) => A.reduce((sum, row, i) => sum + row[i], 0);",
    "norm": "const norm = (a) => Math.hypot(...a.flat());",
    "kronecker": """\
function kronecker(A, B) {
  if (!Array.isArray(A[0])) return A.flatMap((x) => B.map((y) => x * y));
  return A.flatMap((row) => B.map((other) => kronecker(row, other)));
}""",
    "joinColumns": "const joinColumns = (...blocks) => blocks[0].map((_, i) => blocks.flatMap((B) => B[i]));",
    "lu": """\
/** P A = L U by elimination with partial pivoting: L below the diagonal of `rows`, U on and above it. */
function lu(A) {
  const rows = A.map((row) => row.slice());
  const order = rows.map((_, i) => i);
  let sign = 1;
  for (let k = 0; k < rows.length; k++) {
    let pivot = k;
    for (let i = k + 1; i < rows.length; i++) {
      if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    }
    if (pivot !== k) {
      [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
      [order[k], order[pivot]] = [order[pivot], order[k]];
      sign = -sign;
    }
    if (rows[k][k] === 0) continue;
    for (let i = k + 1; i < rows.length; i++) {
      rows[i][k] /= rows[k][k];
      for (let j = k + 1; j < rows.length; j++) rows[i][j] -= rows[i][k] * rows[k][j];
    }
  }
  return { rows, order, sign };
}""",
    "solve": """\
/** X with A X = B, for a matrix or a vector B. */
function solve(A, B) {
  const { rows, order } = lu(A);
  if (rows.some((row, i) => row[i] === 0)) throw new RangeError("the matrix is singular");
  const column = (b) => {
    const x = order.map((i) => b[i]);
    for (let i = 0; i < x.length; i++) for (let j = 0; j < i; j++) x[i] -= rows[i][j] * x[j];
    for (let i = x.length - 1; i >= 0; i--) {
      for (let j = i + 1; j < x.length; j++) x[i] -= rows[i][j] * x[j];
      x[i] /= rows[i][i];
    }
    return x;
  };
  return Array.isArray(B[0]) ? transpose(transpose(B).map(column)) : column(B);
}""",
    "det": """\
function det(A) {
  const { rows, sign } = lu(A);
  return rows.reduce((product, row, i) => product * row[i], sign);
}""",
    "logDet": """\
/** log |det A|, without overflow. */
const logDet = (A) => lu(A).rows.reduce((sum, row, i) => sum + Math.log(Math.abs(row[i])), 0);""",
    "matrixPower": """\
function matrixPower(A, exponent) {
  if (exponent < 0) return matrixPower(solve(A, identity(A.length)), -exponent);
  return productOver(1, exponent, () => A, identity(A.length));
}""",
    "smallestEigenvalue": """\
/** Of a symmetric matrix, by Jacobi's rotations. */
function smallestEigenvalue(A) {
  let M = A;
  const n = A.length;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = Math.atan2(2 * M[p][q], M[q][q] - M[p][p]) / 2;
        const R = identity(n);
        R[p][p] = R[q][q] = Math.cos(angle);
        R[p][q] = Math.sin(angle);
        R[q][p] = -R[p][q];
        M = matmul(transpose(R), matmul(M, R));
      }
    }
  }
  return Math.min(...diagonal(M));
}""",
    "sumOver": """\
function sumOver(first, last, term, zero) {
  let sum = zero;
  for (let t = first; t <= last; t++) sum = add(sum, term(t));
  return sum;
}""",
    "productOver": """\
function productOver(first, last, factor, one, falling = false) {
  let product = one;
  for (let t = first; t <= last; t++) {
    product = falling ? matmul(factor(t), product) : matmul(product, factor(t));
  }
  return product;
}""",
}

JAVASCRIPT = {
    **{k: NUMPY[k] for k in ("add", "subtract", "multiply", "divide", "power")},
    **{k: NUMPY[k] for k in ("apply", "member", "element1")},
    "negate": ("+", "-{0:.}"),
    "array add": "add({0}, {1})",
    "array subtract": "subtract({0}, {1})",
    "array negate": "multiply(-1, {0})",
    "array multiply": "multiply({0}, {1})",
    "scale": "multiply({0}, {1})",
    "array divide": "divide({0}, {1})",
    "array power": "power({0}, {1})",
    "array function": "map(Math.{text}, {0})",
    "array apply": "map({0}, {1})",
    "map": "map(({i}) => {0}, {1})",
    "compare": ("<", "{0:+} {text} {1:+}"),
    "pi": "Math.PI",
    "e": "Math.E",
    "where": ("?", "{0:+} ? {1:+} : {2}"),
    "function": "Math.{text}({0})",
    "magnitude": "Math.abs({0})",
    "array magnitude": "map(Math.abs, {0})",
    "step": ("?", "{0:+} === 0 ? {1:+} : Number({0:+} > 0)"),
    "Max of two": "Math.max({0}, {1})",
    "Min of two": "Math.min({0}, {1})",
    "call with index": "{0}({1}, {2})",
    "matmul": "matmul({0}, {1})",
    "matrix vector": "timesVector({0}, {1})",
    "vector matrix": "timesVector(transpose({1}), {0})",
    "dot": "dot({0}, {1})",
    "outer": "outer({0}, {1})",
    "scale rows": "scaleRows({0}, {1})",
    "scale columns": "scaleColumns({0}, {1})",
    "transpose": "transpose({0})",
    "solve": "solve({0}, {1})",
    "inverse": "solve({0}, identity({0:.}.length))",
    "matrix power": "matrixPower({0}, {1})",
    "determinant": "det({0})",
    "log det": "logDet({0})",
    "trace": "trace({0})",
    "norm": "norm({0})",
    "largest": "Math.max(...{0:.}.flat())",
    "smallest eigenvalue": "smallestEigenvalue({0})",
    "diagonal": "diagonal({0})",
    "diagonal matrix": "diagonalMatrix({0})",
    "kronecker": "kronecker({0}, {1})",
    "identity": "identity({0})",
    "zeros1": "full(() => 0, {0})",
    "zeros2": "full(() => 0, {0}, {1})",
    "ones1": "full(() => 1, {0})",
    "ones2": "full(() => 1, {0}, {1})",
    "as vector": "[{0}]",
    "as entry": "[[{0}]]",
    "as column": "{0:.}.map((x) => [x])",
    "as row": "[{0}]",
    "join": "[{every}].flat()",
    "row of blocks": "joinColumns({every})",
    "blocks": "[{every}].flat()",
    "element2": "{0:.}[{1}][{2}]",
    "rows": "{0:.}.length",
    "columns": "{0:.}[0].length",
    "count": "{0:.}.length",
    "sum": "sumOver({1}, {2}, ({i}) => {0}, 0)",
    "sum of arrays": "sumOver({1}, {2}, ({i}) => {0}, {4})",
    "growing product": "productOver({1}, {2}, ({i}) => {0}, {4})",
    "falling product": "productOver({1}, {2}, ({i}) => {0}, {4}, true)",
    **dict.fromkeys(("table", "table of numbers", "row", "row of numbers"), "full(({i}) => {0}, {1})"),
    "smallest": "Math.min(...{0:.})",
}
JAVASCRIPT_STATEMENTS = {
    "function": "export function {name}({arguments}) {{",
    "assign": "const {name} = {value};",
    "family": "const {name} = {{{members}}};",
    "member": "[{index}]: {value}",
    "forward": "for (let {index} = {lower}; {index} <= {upper}; {index}++) {{",
    "backward": "for (let {index} = {upper}; {index} >= {lower}; {index}--) {{",
    "store": "{name}[{index}] = {value};",
    "variable": "let {name} = {value};",
    "update": "{name} = {value};",
    "return": "return {value};",
    "end": "}}",
}
JAVASCRIPT_KEYWORDS = """
    arguments await break case catch class const continue debugger default delete do else enum eval export
    extends false finally for function if implements import in instanceof interface let new null package
    private protected public return static super switch this throw true try typeof var void while with yield
    Math Array RangeError undefined NaN Infinity Number
"""


def _block_comment(text: str) -> str:
    lines = text.replace("*/", "* /").splitlines()
    return "/**\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"


LANGUAGES = {
    language.name: language
    for language in (
        _python("numpy", "np", NUMPY, "import numpy as np"),
        _python("jax", "jnp", JAX, "import jax.numpy as jnp"),
        _python("torch", "torch", TORCH, "import torch"),
        Language(
            "javascript",
            JAVASCRIPT,
            JAVASCRIPT_STATEMENTS,
            frozenset({*JAVASCRIPT_KEYWORDS.split(), *LIBRARY}),
            indent="  ",
            broadcasts=False,
            library=LIBRARY,
            comment=_block_comment,
        ),
    )
}
