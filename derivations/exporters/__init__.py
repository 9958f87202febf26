"""From an expression to a source.

`operations` says what to compute, `program` in which order and from which arguments, `writing` with
which names, `languages` how each language spells it.
"""
