"""Settings: values that someone gave, and the Python files of one's own that they name."""

from zoo.settings.sources import (
    changed,
    defined,
    digests_of,
    import_file,
    import_sources,
    is_same,
    sources_of,
)
from zoo.settings.values import (
    FORMERLY,
    digest_of,
    is_number,
    is_simple,
    literal,
    of_today,
    parse_json,
    read_json,
    sealed_json,
    typed,
)
