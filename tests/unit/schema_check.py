# SPDX-License-Identifier: ISC
"""Validate JSON documents: schema_check.py SCHEMA FILE..."""

import json
import sys

import jsonschema


def no_twins(pairs):
    """An object, unless a key is in it twice."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key is there twice: {keys}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    for name in sys.argv[2:]:
        with open(name, encoding="ascii") as file:
            document = json.load(file, object_pairs_hook=no_twins)
        for error in validator.iter_errors(document):
            best = jsonschema.exceptions.best_match([error])
            print(f"{name}: {best.json_path}: {best.message[:500]}")
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
