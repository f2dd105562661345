"""Japanese: text -> phones with pitch accents -> BERT features, one row a phone."""
