"""Author files as text: decoding, front matter, YAML and Markdown that know where each word stood."""
