"""Why a GPT machine stops early: one table for golden model, circuit, commands and pages."""

__all__ = [
    "BAD_ADDRESS",
    "BAD_INSTRUCTION",
    "BAD_TOKEN",
    "CONTEXT_FULL",
    "MEMORY",
    "REASONS",
    "reason_of",
]

BAD_INSTRUCTION, BAD_ADDRESS, CONTEXT_FULL, BAD_TOKEN = 1, 2, 3, 4
MEMORY = 16
"""Status of an error of the external memory, less the status of its reader (1 to 6)."""

REASONS = {
    BAD_INSTRUCTION: "a word that is no instruction",
    BAD_ADDRESS: "an address outside of memory",
    CONTEXT_FULL: "a position outside of the context",
    BAD_TOKEN: "a token outside of the vocabulary",
    MEMORY + 1: "the memory of the weights answered with a slave error",
    MEMORY + 2: "the memory of the weights answered with a decode error: no such address",
    MEMORY + 3: "the memory of the weights answered with a burst of another length",
    MEMORY + 4: "the memory of the weights did not answer in time",
    MEMORY + 5: "a request for weights did not begin and end with a beat",
    MEMORY + 6: "a request for weights went beyond the last address",
}
"""What a status means; the others come from the instruction ``halt``."""


def reason_of(status):
    """Return what a status other than 0 means."""
    return REASONS.get(status, "the program said so")
