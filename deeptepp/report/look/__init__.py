"""How figures look: colours, marks, styles of curves, widths of text."""
