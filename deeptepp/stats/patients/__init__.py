"""Who the patients are: the facts of Table 1 and how groups differ in them."""
