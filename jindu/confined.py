"""A child process under limits that answers questions: whatever a file does to it costs that file only.

The two sides exchange lines of JSON. What the child imports is the entry's business.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import IO, Any

from jindu.settings import PROJECT_ROOT, JinduError

MEMORY_BYTES = 512 * 1024 * 1024  # of address space; the reader alone takes 32 MiB
SECONDS_PER_FILE = 10.0  # of the processor's time: on a busy machine an honest file waits, but works no longer
WALL_FACTOR = 12  # times as many seconds by the clock, for what only waits
OVERTIME = (-signal.SIGPROF, -signal.SIGALRM)  # how a child ends whose time is over
READY = "ready"

Answerer = Callable[[Any], Any]  # a question to its answer, both plain JSON


class ChildDiedError(Exception):
    """The child ended instead of answering."""

    def __init__(self, timed_out: bool) -> None:
        super().__init__("timed out" if timed_out else "died")
        self.timed_out = timed_out


def limit_memory(memory_bytes: int) -> None:
    """The child's side, before it imports anything large: no more memory than this, and no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def answer_questions(prepare: Callable[[Any], Answerer], seconds_per_file: float) -> None:
    """The child's side: one line prepares it, each further line is a question, until standard input closes.

    The seconds are the processor's, of which RLIMIT_CPU would count whole ones of the process's life; by the clock
    they may be WALL_FACTOR times as many. Either signal ends the process, even inside C code.
    """
    with os.fdopen(os.dup(1), "w", encoding="ascii") as answers:
        os.dup2(2, 1)  # whatever a library prints must not look like an answer
        answerer = prepare(json.loads(sys.stdin.readline()))
        print(READY, file=answers, flush=True)
        for line in sys.stdin:
            question = json.loads(line)
            signal.setitimer(signal.ITIMER_PROF, seconds_per_file)
            signal.setitimer(signal.ITIMER_REAL, seconds_per_file * WALL_FACTOR)
            answer = json.dumps(answerer(question))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(answer, file=answers, flush=True)


class Child:
    """One child process, started when it is first asked and again after it died.

    `entry` names a function, package.module:function, that takes the limits (bytes, seconds) and calls limit_memory
    and answer_questions; `preparation` is what it prepares itself with.
    """

    def __init__(
        self,
        entry: str,
        preparation: object,
        memory_bytes: int = MEMORY_BYTES,
        seconds_per_file: float = SECONDS_PER_FILE,
    ) -> None:
        self._entry = entry
        self._preparation = json.dumps(preparation)
        self._limits = (str(memory_bytes), str(seconds_per_file))
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: object) -> Any:
        """The answer. Raises ChildDiedError, and JinduError when the child does not even start."""
        process = self._process or self._start()
        try:
            answer = _exchange(process, json.dumps(question))
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            code = process.wait()
            self.close()
            raise ChildDiedError(timed_out=code in OVERTIME)
        return json.loads(answer)

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> "subprocess.Popen[str]":
        module, function = self._entry.split(":")
        command = f"import sys; from {module} import {function}; {function}(int(sys.argv[1]), float(sys.argv[2]))"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", command, *self._limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            text=True,
            encoding="ascii",
        )
        try:
            answer = _exchange(self._process, self._preparation)
        except BrokenPipeError:
            answer = ""
        if answer.strip() != READY:
            self.close()
            raise JinduError(
                "读取程序无法启动（可能是可用内存不足）。请检查内存后重新运行 jindu run。",
                "The reader does not start, perhaps for want of memory. Check the memory, then run jindu run again.",
            )
        return self._process


def _exchange(process: "subprocess.Popen[str]", line: str) -> str:
    """Send a line, wait for the answer; empty when the child has ended."""
    question, answer = _pipes(process)
    question.write(line + "\n")
    question.flush()
    return answer.readline()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the child is started with both pipes")
    return process.stdin, process.stdout
