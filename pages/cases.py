from deeptepp.ui.case.my_cases import my_cases_page
from deeptepp.ui.shown_page import show_page

show_page("cases", my_cases_page)
