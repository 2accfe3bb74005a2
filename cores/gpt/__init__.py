"""The GPT machine: language models token by token, in integers."""
