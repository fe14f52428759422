"""Training of the learned models that `transforms` ships. Needs the evaluation data beside the project."""
