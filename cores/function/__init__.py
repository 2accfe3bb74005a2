"""Integer functions of values with 16 fraction bits."""
