"""What nobody can change afterwards: the draw whose seed is committed before it is known what it decides.

The log with its proofs comes to stand beside it.
"""
