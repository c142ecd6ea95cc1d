"""The nouns: frozen values and enums that cross a border. They import nothing of ours but each other."""
