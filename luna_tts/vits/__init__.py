"""The neural voice: VITS with style vectors, inference only.

Importing this package imports no torch; its modules do. The state dict of VITS checkpoints fixes
the names of all submodules and parameters here, so that files load as they are.
"""
