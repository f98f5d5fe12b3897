"""For all tests: no verdict is taken from the user's cache, and none is left there."""

import os

os.environ["VQCHECK_NO_CACHE"] = "1"
