from deeptepp.ui.case.case_page import case_page
from deeptepp.ui.shown_page import show_page

show_page("case", case_page)
