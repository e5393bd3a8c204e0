"""Reads the workflows of deploy/, for tests.

    workflow.py check FILE DIRECTORY   says what is wrong; each step's shell goes into a file of DIRECTORY, for shellcheck
    workflow.py job FILE JOB           prints a script that does what the job's steps do; a step that keeps an artifact is
                                       a call of `keep NAME PATHS`, and secrets and the event come from variables
"""

import os
import re
import shlex
import sys

import yaml

EXPRESSIONS = {
    "github.token": "$RIGAUD_API_TOKEN",
    "secrets.RIGAUD_API_TOKEN": "$RIGAUD_API_TOKEN",
    "github.base_ref": "main",
    "github.event.before": "$BEFORE",
    "steps.plan.outputs.key": "$(cat out/plan.key)",
}


class Unique(yaml.SafeLoader):
    """Refuses a key that is there twice. `on` stays a word."""


def mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"{twice} twice", node.start_mark)
    return dict(zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value)))


Unique.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
Unique.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

problems = []


def want(condition, problem):
    if not condition:
        problems.append(problem)


def is_gitlab(document):
    return "stages" in document


def check_actions(document):
    want({"name", "on", "env", "jobs"} <= set(document), "a key is missing at the top")
    want("pull_request_target" not in document["on"], "pull_request_target runs a stranger's code with our secrets")
    for name, job in document["jobs"].items():
        want("runs-on" in job and job.get("steps"), f"{name}: no runner or no steps")
        for needed in [job.get("needs", [])] if isinstance(job.get("needs"), str) else job.get("needs", []):
            want(needed in document["jobs"], f"{name}: needs {needed}, which there is not")
        for number, step in enumerate(job["steps"]):
            where = f"{name}, step {number + 1}"
            want(("run" in step) != ("uses" in step), f"{where}: either run or uses")
            want("${{" not in step.get("run", ""), f"{where}: an expression in a script may be anybody's text")
            for text in list(step.get("env", {}).values()) + list(step.get("with", {}).values()):
                for expression in re.findall(r"\$\{\{ *(.*?) *\}\}", str(text)):
                    want(expression in EXPRESSIONS, f"{where}: {expression} is not known to the tests")
            if "run" in step:
                yield f"{name}-{number + 1}", step["run"]


def check_gitlab(document):
    for name, job in document.items():
        if name in ("stages", "variables", "default"):
            continue
        want(job.get("stage") in document["stages"], f"{name}: its stage is not in stages")
        want(job.get("rules") and job.get("script"), f"{name}: no rules or no script")
        for part in ("before_script", "script", "after_script"):
            if part in job:
                want(all(isinstance(line, str) for line in job[part]), f"{name}: a line of its {part} is no text")
                yield f"{name}-{part}", "\n".join(job[part])


def check(document, directory):
    for name, text in (check_gitlab if is_gitlab(document) else check_actions)(document):
        for script in re.findall(r"\$SCRIPTS/([\w-]+)", text):
            want(os.access(f"deploy/scripts/{script}", os.X_OK), f"{name}: there is no deploy/scripts/{script}")
        with open(os.path.join(directory, name + ".sh"), "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n" + text.rstrip("\n") + "\n")


def variables(values):
    for name, text in values.items():
        text = re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: EXPRESSIONS[match.group(1)], str(text))
        yield f'export {name}="{text}"'


def job_of_actions(document, name):
    yield 'export GITHUB_OUTPUT="$PWD/.output" GITHUB_STEP_SUMMARY="$PWD/.summary"'
    for step in document["jobs"][name]["steps"]:
        condition = "true" if step.get("if") == "always()" else "[ $status = 0 ]"
        lines = list(variables(step.get("env", {})))
        if "run" in step:
            lines.append("bash -e -c " + shlex.quote(step["run"]))
        elif "upload-artifact" in step["uses"]:
            (naming,) = variables({"name": step["with"]["name"]})
            lines += [naming, 'keep "$name" ' + " ".join(step["with"]["path"].split())]
        yield f"if {condition}; then ( " + "\n".join(lines or [":"]) + " ) || status=$?; fi"


def job_of_gitlab(document, name):
    job = document[name]
    yield from variables(job.get("variables", {}))
    yield "bash -e -c " + shlex.quote("\n".join(job["script"])) + " || status=$?"
    if "after_script" in job:
        yield "bash -e -c " + shlex.quote("\n".join(job["after_script"])) + " || true"


def script(document, job):
    yield "status=0"
    outer = document["variables"] if is_gitlab(document) else document["env"]
    # Where the state and the scripts are is the test's to say.
    yield from variables({key: value for key, value in outer.items() if key == "STACK"})
    yield from (job_of_gitlab if is_gitlab(document) else job_of_actions)(document, job)
    yield "exit $status"


def main():
    verb, path, rest = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        document = yaml.load(file, Loader=Unique)
    if verb == "job":
        print("\n".join(script(document, rest)))
        return
    check(document, rest)
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
