from deeptepp.ui.evidence.evidence_page import evidence_page
from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead

guard()
masthead()
evidence_page()
