"""Weights from memory outside of the chip: AXI4 channels, readers, clusters of products."""
