"""YAML and front matter to values that know their line and column."""
