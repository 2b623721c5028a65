"""Parts of screens that several pages use: cards, charts, fields, buttons, terms."""
