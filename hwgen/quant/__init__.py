"""Weights become codes: every quantizer, and the container that holds what it made."""
