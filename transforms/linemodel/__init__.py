"""A learned model of lines: which of them are the text of an article. Trained by `make train`, shipped as one file."""
