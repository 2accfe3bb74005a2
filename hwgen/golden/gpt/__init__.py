"""What the GPT machine computes: an interpreter of its instructions, in integers."""
