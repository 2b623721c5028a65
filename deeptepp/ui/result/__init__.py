"""Parts of a result that several pages show: score card, curves, icons, treatments."""
