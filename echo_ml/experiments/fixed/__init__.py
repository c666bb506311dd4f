"""One look at the data: values of arms, their comparison by each kind of metric, lifts, covariates, many tests."""
