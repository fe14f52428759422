"""Broken files of every format: each is a record or a failure with a reason, none ends the reader or holds it up.

`make fuzz` tries 100,000 of them; `python -m tests.quality.fuzz --inputs 5000 --seed 7` fewer, or others. Input number
n of a seed is always the same, so that a finding can be looked at again: `--only N`.

Inputs are read in batches, in a process of its own that the system ends when it takes too long. A batch that ends it is
read again one input at a time, to find which one did.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import polars as pl

from flows.reading_child import limit_time
from tests.support.samples import compress, list_samples, write_tar, write_zip
from transforms.contracts.parameters import ReadingParameters
from transforms.contracts.parsed import SOURCES
from transforms.contracts.vocabulary import REJECT_REASONS
from transforms.parse import Parsed, parse_sources

INPUTS: Final = 100_000
BATCH: Final = 50
SECONDS_LIMIT: Final = 20
"""Time of a processor that one input may take; a batch may take that long once more for each tenth input."""

PARAMETERS: Final = ReadingParameters(max_unpacked_bytes=20_000_000)
NOISE: Final = b"<>&\"'/!-[]{}()*_`|#,;:=\\\x00\xff\xfe\xc3\xa9\x80 \r\n\t%0123456789"
NUMBERS: Final = (
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff\xff\xff\x7f",
)
CHANGES: Final = ("flip", "drop", "repeat", "move", "noise", "number", "cut", "splice", "digits")
MAX_BYTES: Final = 200_000


def make_input(seed: int, number: int) -> tuple[str, bytes]:
    """Name and content of input `number`: a sample with some changes, now and then packed or named otherwise."""
    chance = random.Random(f"{seed} {number}")
    samples = list_samples()
    name = chance.choice(list(samples))
    content = mutate(samples[name], chance)
    if chance.random() < 0.15:
        name, content = _pack(name, content, chance)
    if chance.random() < 0.05:
        name = f"{name.split('.')[0]}.{chance.choice(list(samples)).split('.', 1)[1]}"
    return f"{number:07d}/{name}", content


def _pack(name: str, content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Pack changed content whole, so that the changes are met by its reader and not by the unpacker."""
    kind = chance.choice(["zip", "tar", "gz", "zst", "bz2", "xz"])
    if kind == "zip":
        return "packed.zip", write_zip({name: content, "other.txt": b"Other words."})
    if kind == "tar":
        return "packed.tar", write_tar({name: content, "other.txt": b"Other words."})
    return f"{name}.{kind}", compress(content, kind)


def mutate(sample: bytes, chance: random.Random) -> bytes:
    content = bytearray(sample)
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice([1, 2, 4, 16, 64, 400]))
        _change(content, start, end, chance)
        del content[MAX_BYTES:]
    return bytes(content)


def _change(content: bytearray, start: int, end: int, chance: random.Random) -> None:
    change = chance.choice(CHANGES)
    piece = bytes(content[start:end])
    if change == "flip":
        for place in range(start, min(end, start + 4)):
            content[place] ^= 1 << chance.randrange(8)
    elif change == "drop":
        del content[start:end]
    elif change == "repeat":
        content[start:start] = piece * chance.choice([1, 2, 20, 200])
    elif change == "move":
        content[:0] = piece
    elif change == "noise":
        content[start:start] = bytes(chance.choice(NOISE) for _ in range(12))
    elif change == "number":
        content[start : start + 4] = chance.choice(NUMBERS)
    elif change == "cut":
        del content[start:]
    elif change == "splice":
        other = chance.choice(list(list_samples().values()))
        place = chance.randrange(len(other))
        content[start:end] = other[place : place + chance.choice([4, 64, 1000])]
    else:
        content[start:end] = bytes(chance.choice(b"0123456789") if 48 <= byte < 58 else byte for byte in piece)


def read_inputs(seed: int, numbers: Sequence[int]) -> tuple[pl.DataFrame, Parsed]:
    rows = [
        (name, sha256(content).hexdigest(), len(content), content)
        for name, content in (make_input(seed, number) for number in numbers)
    ]
    sources = pl.DataFrame(rows, schema=SOURCES, orient="row")
    return sources, parse_sources(sources, PARAMETERS)


def find_faults(sources: pl.DataFrame, parsed: Parsed) -> list[str]:
    """What is wrong with what was read, one sentence each; empty when everything is as it must be."""
    faults = []
    told = pl.concat([parsed.records.select("source_path", "record"), parsed.failures.select("source_path", "record")])
    silent = sources.join(told, on="source_path", how="anti")["source_path"].to_list()
    faults += [f"{path} gave neither a record nor a failure" for path in silent]
    faults += [f"record {row} stands twice" for row in told.filter(told.is_duplicated()).rows()]
    lined = parsed.lines.select("document_id").unique()
    if not parsed.records.join(lined, on="document_id", how="anti").is_empty():
        faults.append("a record has no line")
    if parsed.records["document_id"].n_unique() != parsed.records.height:
        faults.append("two records have one id")
    if not set(parsed.failures["reason_code"]) <= set(REJECT_REASONS):
        faults.append("a reason is not in the vocabulary")
    if parsed.lines["text"].str.contains(r"[\x00-\x08\x0a-\x1f]|^\s|\s$|^$").any():
        faults.append("a line is not clean")
    return faults


@dataclass
class Result:
    """What came of the inputs: counts of outcomes, what was found wrong, and the slowest batch."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    inputs: int = 0


def run_batch(seed: int, numbers: Sequence[int], result: Result) -> None:
    """Read one batch in this process, and add to `result`. An exception of the reader is a fault like any other."""
    start = time.process_time()
    try:
        sources, parsed = read_inputs(seed, numbers)
    except BaseException as error:
        if len(numbers) > 1:
            for number in numbers:
                run_batch(seed, [number], result)
            return
        result.faults.append(f"input {numbers[0]}: {type(error).__name__}: {str(error)[:200]}")
        result.inputs += 1
        return
    result.inputs += len(numbers)
    result.slowest_seconds = max(result.slowest_seconds, (time.process_time() - start) / len(numbers))
    result.faults += [f"inputs {numbers[0]} to {numbers[-1]}: {fault}" for fault in find_faults(sources, parsed)]
    failed = parsed.failures.select("source_path", "reason_code")
    result.outcomes.update(failed["reason_code"].to_list())
    result.outcomes.update({"records": parsed.records.height})


def work(seed: int, start: int, stop: int, size: int) -> None:
    """The process of its own: a line of JSON for each batch."""
    for first in range(start, stop, size):
        numbers = range(first, min(first + size, stop))
        limit_time(SECONDS_LIMIT + SECONDS_LIMIT * len(numbers) // 10)
        result = Result()
        run_batch(seed, numbers, result)
        print(  # noqa: T201 - this is how it answers
            json.dumps([numbers[-1] + 1, dict(result.outcomes), result.faults, result.slowest_seconds, result.inputs]),
            flush=True,
        )


def supervise(seed: int, start: int, stop: int, size: int, result: Result) -> None:
    """Run the process over the inputs, and again after each batch that ends it."""
    while start < stop:
        command = [sys.executable, "-m", "tests.quality.fuzz", "--work", *map(str, (seed, start, stop, size))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                start, outcomes, faults, seconds, inputs = json.loads(line)
                result.outcomes.update(outcomes)
                result.faults += faults
                result.inputs += inputs
                result.slowest_seconds = max(result.slowest_seconds, seconds)
        if child.returncode == 0:
            return
        if size == 1:
            result.faults.append(f"input {start}: the process ended with {child.returncode}")
            result.inputs += 1
            start += 1
        else:
            supervise(seed, start, min(start + size, stop), 1, result)
            start += size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int, help="read this one input here, and say what came of it")
    parser.add_argument("--work", type=int, nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work)
        return
    if options.only is not None:
        _, parsed = read_inputs(options.seed, [options.only])
        print(parsed)  # noqa: T201
        return
    result, start = Result(), time.perf_counter()
    supervise(options.seed, options.first, options.first + options.inputs, BATCH, result)
    print(f"{result.inputs} inputs in {time.perf_counter() - start:.0f} s, seed {options.seed}")  # noqa: T201
    print(f"slowest batch: {result.slowest_seconds:.2f} s of a processor per input")  # noqa: T201
    for name, count in sorted(result.outcomes.items()):
        print(f"  {name:18} {count}")  # noqa: T201
    for fault in result.faults:
        print(f"FAULT {fault}")  # noqa: T201
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
