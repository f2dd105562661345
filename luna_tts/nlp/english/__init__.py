"""English for voices that speak it: text -> tokens, phones, stresses."""
