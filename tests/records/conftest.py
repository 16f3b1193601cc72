"""Property tests here read files: on a busy machine one example can take longer than hypothesis's default deadline."""

from hypothesis import settings

settings.register_profile("files", deadline=None)
settings.load_profile("files")
