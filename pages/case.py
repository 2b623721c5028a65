from deeptepp.ui.case.case_page import case_page
from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead

guard()
masthead(screens=True)
case_page()
