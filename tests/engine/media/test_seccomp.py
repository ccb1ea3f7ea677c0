"""The filter on system calls, run here by an interpreter of our own for both processors."""

import errno
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.media import seccomp, system_calls
from tocsin.engine.media.seccomp import ALLOW, KILL, REFUSE, Instruction, program
from tocsin.engine.media.system_calls import PROCESSORS, Processor

PID = 4321
THREAD = 0x3D0F00
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
each_processor = pytest.mark.parametrize("processor", PROCESSORS.values(), ids=PROCESSORS)


def _verdict(code: tuple[Instruction, ...], arch: int, number: int, *arguments: int) -> int:
    """What the filter says of a call, by the rules of the kernel's own interpreter."""
    data = {0: number, 4: arch}
    for place, value in enumerate((*arguments, *[0] * (6 - len(arguments)))):
        data[16 + 8 * place] = value & 0xFFFFFFFF
        data[20 + 8 * place] = value >> 32
    held, at = 0, 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        if operation == seccomp.RETURN:
            return operand
        if operation == seccomp.LOAD:
            held = data[operand]
        elif operation == seccomp.AND:
            held &= operand
        elif operation == seccomp.JUMP_EQUAL:
            at += if_true if held == operand else if_false
        else:
            assert operation == seccomp.JUMP_ANY
            at += if_true if held & operand else if_false


def _says(processor: Processor) -> Callable[..., int]:
    code = program(processor, PID)

    def verdict(name: str, *arguments: int) -> int:
        return _verdict(code, processor.audit_arch, processor.numbers[name], *arguments)

    return verdict


def test_every_processor_has_a_number_for_every_call_we_speak_of_and_no_other() -> None:
    for processor in PROCESSORS.values():
        assert set(processor.numbers) == set(system_calls.NAMES)
        assert len(set(processor.numbers.values())) == len(system_calls.NAMES)
    assert len(set(system_calls.NAMES)) == len(system_calls.NAMES)


@pytest.mark.parametrize("name", PROCESSORS)
def test_the_numbers_are_the_kernels(name: str) -> None:
    if not HEADERS[name].is_file():
        pytest.skip("the kernel's headers are not installed here")
    text = HEADERS[name].read_text()
    defined = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text))
    # On 64-bit machines these two go by their short names there.
    defined.setdefault("newfstatat", defined.get("fstatat", ""))
    told = {call: str(number) for call, number in PROCESSORS[name].numbers.items()}
    assert told == {call: defined[call] for call in told}


@each_processor
def test_the_program_is_well_formed(processor: Processor) -> None:
    code = program(processor, PID)
    assert len(code) < 4096  # the kernel's BPF_MAXINSNS
    for at, (operation, if_true, if_false, operand) in enumerate(code):
        assert 0 <= operand < 1 << 32
        assert operation == seccomp.RETURN or at + 1 + max(if_true, if_false) < len(code)
        if operation not in (seccomp.JUMP_EQUAL, seccomp.JUMP_ANY):
            assert if_true == if_false == 0
    assert code[-1] == Instruction(seccomp.RETURN, 0, 0, KILL)


@each_processor
def test_what_decoding_needs_is_allowed(processor: Processor) -> None:
    says = _says(processor)
    assert {says(name) for name in system_calls.ALLOWED} == {ALLOW}


@each_processor
def test_what_libraries_ask_in_passing_is_refused_with_its_error(processor: Processor) -> None:
    says = _says(processor)
    for name, error in system_calls.REFUSED.items():
        assert says(name) == REFUSE | error
    assert says("clone3") == REFUSE | errno.ENOSYS


@each_processor
def test_memory_is_never_made_executable(processor: Processor) -> None:
    says = _says(processor)
    for name in ("mmap", "mprotect"):
        assert says(name, 0, 4096, 3) == ALLOW
        assert {says(name, 0, 4096, protection) for protection in (4, 5, 6, 7)} == {KILL}


@each_processor
def test_a_thread_may_be_made_and_a_process_may_not(processor: Processor) -> None:
    says = _says(processor)
    assert says("clone", THREAD) == says("clone", THREAD | 0x400000) == ALLOW
    fork, vfork, new_user_space, new_network = 0x01200011, 0x4111, 0x10000000, 0x40000000
    for flags in (0, fork, vfork, THREAD | new_user_space, THREAD | new_network, THREAD & ~0x100):
        assert says("clone", flags) == KILL


@each_processor
def test_it_may_signal_itself_and_nobody_else(processor: Processor) -> None:
    says = _says(processor)
    assert says("tgkill", PID, PID, 6) == ALLOW
    assert {says("tgkill", other, other, 6) for other in (0, 1, PID - 1, 2**32 - 1)} == {KILL}


@each_processor
@given(st.integers(0, 2**32 - 1))
def test_every_other_number_is_the_end(processor: Processor, number: int) -> None:
    code = program(processor, PID)
    if number not in processor.numbers.values():
        assert _verdict(code, processor.audit_arch, number) == KILL


@each_processor
def test_every_small_number_and_its_x32_twin(processor: Processor) -> None:
    code = program(processor, PID)
    known = set(processor.numbers.values())
    for number in range(1024):
        said = _verdict(code, processor.audit_arch, number)
        assert (said == KILL) or number in known
        assert _verdict(code, processor.audit_arch, 0x40000000 | number) == KILL


@each_processor
def test_a_call_by_the_numbers_of_another_machine_is_the_end(processor: Processor) -> None:
    code = program(processor, PID)
    i386, arm = 0x40000003, 0x40000028
    others = {one.audit_arch for one in PROCESSORS.values()} - {processor.audit_arch}
    for arch in (i386, arm, 0, *others):
        for number in processor.numbers.values():
            assert _verdict(code, arch, number) == KILL


def test_a_machine_that_is_not_in_the_tables_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_calls, "PROCESSORS", {})
    assert "not in our tables" in (seccomp.why_not() or "")
    with pytest.raises(seccomp.FilterRefused, match="not in our tables"):
        seccomp.install()


def test_another_system_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert seccomp.why_not() == "system calls can be filtered on Linux only"
    with pytest.raises(seccomp.FilterRefused, match="Linux only"):
        seccomp.install()
