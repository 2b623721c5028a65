from deeptepp.ui.board.board_page import board_page
from deeptepp.ui.shown_page import show_page

show_page("board", board_page)
