from .export import export_model as export_model
from .export import export_run as export_run
from .image_inputs import IMAGE_INPUTS as IMAGE_INPUTS
from .prediction import predict as predict
from .signatures import Signature as Signature
from .signatures import signatures_of as signatures_of
