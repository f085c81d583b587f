"""Outside readers over exported OSCAL.

Owns: asking them. The official JSON schemas judge every file, the models of compliance-trestle read it, its validators look
at it, and its resolver resolves every profile.
Leaves to others: making the files and saying what is expected (tests/oscal_outside.rs), getting the readers (xtask).

Usage: oscal_judge.py SCHEMAS FOLDER. FOLDER holds the files below catalogs, profiles and component-definitions, and
expected.json: profile -> {"controls": [ids], "values": {parameter: value}}. Ends with 0 when nobody complains.
"""

import json
import pathlib
import subprocess
import sys

import jsonschema_rs
from trestle.core.profile_resolver import ProfileResolver
from trestle.oscal import catalog, component, profile

SCHEMAS = {
    "catalog": ("oscal_catalog_schema.json", catalog.Catalog),
    "profile": ("oscal_profile_schema.json", profile.Profile),
    "component-definition": ("oscal_component_schema.json", component.ComponentDefinition),
}


def controls(group, found):
    for control in getattr(group, "controls", None) or []:
        found.append(control.id)
        controls(control, found)
    for inner in getattr(group, "groups", None) or []:
        controls(inner, found)
    return found


def main():
    schemas, folder = map(pathlib.Path, sys.argv[1:3])
    validators = {}
    complaints = []
    files = sorted(f for f in folder.rglob("*.json") if f.name != "expected.json")
    for file in files:
        value = json.loads(file.read_text("utf-8"))
        (key,) = value
        name, model = SCHEMAS[key]
        if key not in validators:
            schema = json.loads((schemas / name).read_text("utf-8"))
            assert "/1.2.1/" in schema["$id"], schema["$id"]
            validators[key] = jsonschema_rs.validator_for(schema, validate_formats=True)
        for error in list(validators[key].iter_errors(value))[:5]:
            complaints.append(f"{file}: schema: {'/'.join(map(str, error.instance_path))}: {error.message[:300]}")
        try:
            model.oscal_read(file)
        except Exception as error:
            complaints.append(f"{file}: trestle: {str(error)[:600]}")
    trestle = pathlib.Path(sys.executable).parent / "trestle"
    subprocess.run([trestle, "init"], cwd=folder, check=True, capture_output=True)
    checked = subprocess.run([trestle, "validate", "-a"], cwd=folder, capture_output=True, text=True)
    if checked.returncode != 0:
        complaints.append("trestle validate: " + (checked.stdout + checked.stderr)[-1500:])
    resolved = 0
    for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items():
        try:
            result = ProfileResolver.get_resolved_profile_catalog(folder, folder / "profiles" / name / "profile.json")
        except Exception as error:
            complaints.append(f"{name}: resolution: {str(error)[:600]}")
            continue
        found = sorted(controls(result, []))
        if found != sorted(expected["controls"]):
            missing = set(expected["controls"]) - set(found)
            more = set(found) - set(expected["controls"])
            complaints.append(f"{name}: {len(found)} controls, missing {sorted(missing)[:5]}, more {sorted(more)[:5]}")
        values = {p.id: p.values[0] for p in result.params or [] if getattr(p, "values", None)}
        if values != expected["values"]:
            other = {k for k in set(values) | set(expected["values"]) if values.get(k) != expected["values"].get(k)}
            complaints.append(f"{name}: values differ: {[(k, values.get(k), expected['values'].get(k)) for k in sorted(other)[:5]]}")
        resolved += 1
    for complaint in complaints:
        print(complaint)
    print(f"{len(files)} files read, {resolved} profiles resolved, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
