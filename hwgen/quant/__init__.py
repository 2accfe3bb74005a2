"""Weights to codes: quantizers and encoders."""
