from deeptepp.ui.evidence.evidence_page import evidence_page
from deeptepp.ui.shown_page import show_page

show_page("evidence", evidence_page)
