from deeptepp.ui.page_list import show_page

show_page("tiers")
