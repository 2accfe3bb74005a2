"""Language models on the GPT machine: compiled to programs, run, and measured."""
