"""Question 3 (a)."""
DERIVATIONS = ()
