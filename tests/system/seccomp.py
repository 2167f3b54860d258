# SPDX-License-Identifier: MIT
"""System calls that fail, by a filter of the kernel's (seccomp)."""

import ctypes
import os
import struct
import sys

# By the machine of hellod: the number, or the number and the first argument. A C library waits with
# one of the last or the other. On 32-bit x86, the family of a socket is in memory, where no filter
# reads.
_CALLS = {62: {"socket": 41, "bind": 49, "epoll_wait": 232, "epoll_pwait": 281, "eventfd2": 290,
               "clone": 56, "clone3": 435},
          183: {"socket": 198, "bind": 200, "epoll_wait": 22, "epoll_pwait": 22, "eventfd2": 19,
                "clone": 220, "clone3": 435},
          3: {"bind": (102, 2), "epoll_wait": 256, "epoll_pwait": 319, "eventfd2": 328,
              "clone": 120, "clone3": 435}}


def _calls():
    with open(os.environ.get("HELLOD", sys.executable), "rb") as file:
        machine = int.from_bytes(file.read(20)[18:], sys.byteorder)  # of ELF
    is_native = machine == {"x86_64": 62, "aarch64": 183}.get(os.uname().machine) or machine == 3
    return _CALLS.get(machine, {}) if is_native else {}


CALLS = _calls()

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of BPF; linux/filter.h
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
ALLOW, FAIL = 0x7fff0000, 0x00050000


def failing(name, error, first_argument=None):
    """For preexec_fn: a system call fails, or it does so with one value of its first argument."""
    number = CALLS[name]
    if isinstance(number, tuple):
        number, first_argument = number
    code = [(LOAD, 0, 0, NUMBER), (JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, FAIL | error),
            (RETURN, 0, 0, ALLOW)]
    if first_argument is not None:
        code = [(LOAD, 0, 0, NUMBER), (JUMP_IF_EQUAL, 0, 3, number), (LOAD, 0, 0, FIRST_ARGUMENT),
                (JUMP_IF_EQUAL, 0, 1, first_argument), *code[2:]]
    bytecode = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
    program = struct.pack("@HP", len(code), ctypes.addressof(bytecode))
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        assert bytecode  # stays alive
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
                libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")
    return install
