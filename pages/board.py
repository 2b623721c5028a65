from deeptepp.ui.board.board_page import board_page
from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead

guard()
masthead()
board_page()
