"""Reads a Containerfile, says what is wrong with it, and puts the shell of each RUN into a file of a directory.

    containerfile.py FILE DIRECTORY
"""

import json
import os
import re
import sys

INSTRUCTIONS = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
problems = []


def instructions(path):
    """Pairs of a line's number and an instruction, with its continuation lines joined."""
    begun, number = "", 0
    with open(path, encoding="utf-8") as file:
        for at, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if re.match(r"\s*#", line) or (not line.strip() and not begun):
                continue
            if not line.strip():
                problems.append(f"{at}: an empty line within an instruction")
            number = number if begun else at
            begun += line
            if begun.endswith("\\"):
                begun = begun[:-1]
                continue
            yield number, begun
            begun = ""
    if begun:
        problems.append(f"{number}: goes on after the file's end")


def main():
    path, directory = sys.argv[1:]
    arguments, stages, user, runs = {}, [], None, 0
    for number, text in instructions(path):
        word, _, rest = text.strip().partition(" ")
        rest = rest.strip()
        if word not in INSTRUCTIONS or not rest:
            problems.append(f"{number}: {word} is no instruction, or has nothing to say")
        if word not in ("FROM", "ARG") and not stages:
            problems.append(f"{number}: {word} before the first FROM")
        if word == "ARG":
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif word == "FROM":
            match = re.fullmatch(r"(\S+)(?: AS ([a-z][a-z0-9_-]*))?", rest)
            if not match:
                problems.append(f"{number}: FROM IMAGE [AS NAME]")
                continue
            image = re.sub(r"\$\{(\w+)\}", lambda name: arguments.get(name.group(1), "?"), match.group(1))
            if not re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9._-]+)+:[\w.-]+", image):
                problems.append(f"{number}: {image} is no image with a registry and a tag")
            stages.append(match.group(2))
            user = None
        elif word == "COPY":
            source = re.match(r"--from=(\S+)", rest)
            if source and source.group(1) not in stages[:-1]:
                problems.append(f"{number}: there is no stage {source.group(1)} before this one")
        elif word in ("ENTRYPOINT", "CMD"):
            try:
                json.loads(rest)
            except ValueError:
                problems.append(f"{number}: {word} without JSON is run by a shell, which takes no signals")
        elif word == "USER":
            user = rest
        elif word == "RUN":
            runs += 1
            with open(os.path.join(directory, f"run-{runs}.sh"), "w", encoding="utf-8") as file:
                file.write(rest + "\n")
    if user in (None, "0", "root", "0:0"):
        problems.append("it runs as root")
    for problem in problems:
        print(f"{path}:{problem}", file=sys.stderr)
    sys.exit(1 if problems or not runs else 0)


main()
