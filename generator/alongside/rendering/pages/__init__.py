"""The pages of records, and the moments that stand in embeds and on pages."""
