"""The hardware: one package a family of cores."""
