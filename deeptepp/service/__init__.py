"""The service around the screens: who may come in, from where, and whether it still answers."""
