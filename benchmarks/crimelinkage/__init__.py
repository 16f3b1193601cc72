"""Case linkage on the crimelinkage data: Clew's joint model beside distance, a plain logit and Splink 5 with labels.

python -m benchmarks.crimelinkage [--crimes F] [--offenders F] [--series F] [--folds F] [--repeats N] [--json]
"""
