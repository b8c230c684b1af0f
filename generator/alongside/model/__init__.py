"""The community as frozen records: what the authors said, checked and resolved, and nothing else."""
