"""What may be done and on what: the vocabulary that the policies decide over."""
