"""What an attacker sends, and what must hold all the same: catalogues and one inspection."""
