"""Networks of look-up tables: training, exact tables, evaluation and estimates.

PyTorch is needed to train only; what it makes is a file of integers (`hwgen.formats`).
"""
