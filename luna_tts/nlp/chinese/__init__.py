"""Mandarin for voices that speak it: text -> characters, phones, tones."""
