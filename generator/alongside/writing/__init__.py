"""Values to author files: the road walked back. What is written here is read by `reading` as it was meant."""
