"""Two treatments compared: propensity, matching, balance, effects and what they are worth."""
