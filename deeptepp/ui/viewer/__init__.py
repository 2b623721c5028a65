"""Slice viewer and drop zone: the components with scripts of their own."""
