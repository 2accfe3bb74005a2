"""Decoders of compressed weights, which stand in front of other cores."""
