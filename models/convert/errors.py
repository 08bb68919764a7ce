"""The one error of the converters: a sentence for a person."""


class ModelFileError(Exception):
    """A model file could not be read; the text says what happened and what to do next."""
