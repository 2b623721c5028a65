from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead
from deeptepp.ui.tiers_page import tiers_page

guard()
masthead()
tiers_page()
