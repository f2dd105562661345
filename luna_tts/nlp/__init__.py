"""Text -> what the networks are fed: phones, tones, and BERT features."""
