from deeptepp.ui.shown_page import show_page
from deeptepp.ui.worklist.worklist_page import worklist_page

show_page("worklist", worklist_page)
