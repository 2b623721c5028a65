from deeptepp.ui.shown_page import show_page

show_page("worklist")
