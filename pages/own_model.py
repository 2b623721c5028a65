from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead
from deeptepp.ui.own_model.own_model_page import own_model_page

guard()
masthead()
own_model_page()
