"""What is believed of arms after the data: closed forms for each experiment, pooled effects for many."""
