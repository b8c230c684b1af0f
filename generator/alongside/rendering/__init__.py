"""From records and plans to text and bytes: pages, embeds, mails, feeds."""
