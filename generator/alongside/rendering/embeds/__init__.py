"""What embeds are made of: the files below `embed/v1/` that a page of somebody else's product loads."""
