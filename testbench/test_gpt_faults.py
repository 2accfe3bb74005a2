"""Would the regression of ``gpt`` notice? Faults planted in the emitted Verilog."""

import pytest
from planted_faults import named_faults_unseen

from hwgen.sim.mutants import NamedFault

OPTIONS = {"model": "random/48x2/1", "context": 6, "target": "generic", "freq": 60}
FAULTS = [
    NamedFault("rows never begun anew", "products_is_first", "const0"),
    NamedFault("sum lost", "products_sum_ended", "const0"),
    NamedFault("a pair's second row taken for its first", "results_odd", "const0"),
    NamedFault("greatest score never kept", "attention_score_is_first", "const1"),
    NamedFault("score of the first token never the greatest", "attention_score_is_first", "const0"),
    NamedFault("sums of all heads added up", "attention_sum_is_first", "const0"),
    NamedFault("the query of the first head for all", "attention_query_read", "const0", 0),
    NamedFault("scores of two heads in one place", "attention_read_bank", "const0"),
    NamedFault("norm of values that are not there yet", "norm_follows_results", "const0"),
    NamedFault("norm without squares", "normalise_squares_values", "const0"),
    NamedFault("blocks of two vectors in one place", "block_written", "const0", 0),
    NamedFault("keys of all layers in one slot", "attention_slot", "const0", 0),
    NamedFault("weights of all layers the same", "weights_moved0", "const0", 5),
    NamedFault("position stays", "position", "const0"),
    NamedFault("powers not divided by their sum", "attention_quotients_inverse", "const0"),
    NamedFault("embedding of one token only", r"embedded_row\w*", "const0", 1),
    NamedFault("token that is told wrong", r"chosen_token\w*", "inv"),
    NamedFault("tokens told without end", "wanted", "const1"),
]
SAMPLING = {"model": "random/32x1/1", "context": 4, "target": "generic", "sampling": True}
SAMPLER_FAULTS = [
    NamedFault("every seed the same", "sampler_generator", "const0", 7),
    NamedFault("scores of a digit lost", "sampler_scores_of_digit8", "const0", 0),
    NamedFault("scores above the least do not count", "sampler_is_above", "const0"),
    NamedFault("the least that counts does not", "sampler_is_equal", "const0"),
    NamedFault("sums never begun anew", "sampler_sum_of_powers", "const0", 15),
    NamedFault("the last score whose sum is passed", "sampler_is_passed", "const0"),
    NamedFault("always drawn among all", "sampler_weighs", "const1"),
]


@pytest.mark.slow
def test_every_named_fault_of_the_sampler_is_seen(tmp_path):
    assert named_faults_unseen("gpt", SAMPLING, SAMPLER_FAULTS, tmp_path, 150) == []


@pytest.mark.slow
def test_every_named_fault_is_seen(tmp_path):
    assert named_faults_unseen("gpt", OPTIONS, FAULTS, tmp_path, 150) == []
