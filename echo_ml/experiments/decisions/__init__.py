"""From findings to one decision: the written table, its conditions, what an arm has shown, the outcome."""
