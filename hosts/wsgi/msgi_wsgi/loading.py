"""Finds the application that the operator has named, or says in one line what is wrong with the name."""

import importlib
import os
import sys
import traceback


class LoadError(Exception):
    """One line for the operator."""


def load(name):
    """The callable that "package.module:callable" names; without a colon its name is "application"."""
    module_name, _, path = name.partition(":")
    path = path or "application"
    # As `python script.py` does in the folder of the script.
    sys.path.insert(0, os.getcwd())
    found = module_of(module_name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise LoadError(
                f"no {path!r} in the module {module_name!r}: name its WSGI callable, as in {module_name}:application"
            ) from None
    if not callable(found):
        raise LoadError(f"{name!r} is {type(found).__name__}, which cannot be called: name a WSGI application")
    return found


def module_of(name):
    if not all(part.isidentifier() for part in name.split(".")):
        raise LoadError(f"{name!r} is not the name of a module: --wsgi package.module:callable")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise LoadError(
                f"no module {error.name!r} in {os.getcwd()}: name the folder that has it with --chdir, "
                "or the virtual environment with --venv"
            ) from None
        raise LoadError(
            f"the module {name!r} wants {error.name!r}, which {sys.executable} does not have: install it, "
            "or name the virtual environment that has it with --venv"
        ) from None
    except Exception as error:
        traceback.print_exc()
        what = traceback.format_exception_only(type(error), error)[-1].strip()
        raise LoadError(f"the module {name!r} fails when it is imported: {what}") from error
