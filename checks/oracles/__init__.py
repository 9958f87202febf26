"""The quantities of the derivations by another road, in NumPy and mpmath; nothing of ours is imported."""
