"""Voices and BERT models from Hugging Face or a URL: looked at, licensed, fetched, checked."""
