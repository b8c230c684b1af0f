"""From a folder of author files to the community and the list of what is wrong with it."""
