"""Attacks every process of the agent from inside its workspace: process 1, and a bridge if there is one.

One line for each attack: refused, or TAKEN and what it got. The values of the system calls are those of x86-64.
"""
import ctypes, errno, os, signal, socket, struct

libc = ctypes.CDLL(None, use_errno=True)
SYS = dict(sched_setscheduler=144, sched_setaffinity=203, setpriority=141, ioprio_set=251, prlimit64=302, kill=62, tgkill=234,
           rt_sigqueueinfo=129, rt_tgsigqueueinfo=297, pidfd_open=434, pidfd_send_signal=424, pidfd_getfd=438, ptrace=101,
           process_vm_readv=310, process_vm_writev=311, setpgid=109, kcmp=312, move_pages=279, setresuid=117, setresgid=119,
           setgroups=116, setfsuid=122, capset=126, unshare=272, process_madvise=440, process_mrelease=448, sched_setattr=314)


def call(name, *arguments):
    """The error's name, or None where the kernel did it."""
    converted = [ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(SYS[name]), *converted)
    return (None, result) if result >= 0 else (errno.errorcode[ctypes.get_errno()], result)


def attack(name, *arguments):
    error, result = call(name.split(" ")[0].rstrip(","), *arguments)
    say(name, error is not None, error if error else f"returned {result}")


def say(name, refused, detail):
    print(f"{'refused' if refused else 'TAKEN'}\t{name}\t{detail}", flush=True)


def read(path):
    try:
        with open(path, "rb", buffering=0) as file:
            say(f"read {path}", False, file.read(64))
    except OSError as error:
        say(f"read {path}", True, errno.errorcode[error.errno])


def write(path, value):
    try:
        with open(path, "wb", buffering=0) as file:
            file.write(value)
        say(f"write {path}", False, value)
    except OSError as error:
        say(f"write {path}", True, errno.errorcode[error.errno])


def look(path, how):
    try:
        say(f"{how.__name__} {path}", False, how(path))
    except OSError as error:
        say(f"{how.__name__} {path}", True, errno.errorcode[error.errno])


def agents():
    """Processes of the agent: the first one, and whatever else runs its program."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if name == "1" or b"devbench-agent" in file.read().split(b"\0")[0]:
                    found.append(int(name))
        except OSError:
            pass
    return sorted(found)


def siginfo(number, code, pid, uid):
    return ctypes.create_string_buffer(struct.pack("iiiiII", number, 0, code, 0, pid, uid), 128)


def attack_process(pid):
    with open(f"/proc/{pid}/status") as file:
        owner = int([line for line in file if line.startswith("Uid:")][0].split()[2])
    idle, nice = ctypes.byref(ctypes.c_int(0)), ctypes.create_string_buffer(struct.pack("IIQiIQQQ", 48, 5, 0, 0, 0, 0, 0, 0))
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")] if pid == 1 else [pid]
    for thread in threads:
        attack(f"sched_setscheduler idle, thread {thread}", thread, 5, idle)
        attack(f"sched_setattr idle, thread {thread}", thread, nice, 0)
        attack(f"sched_setaffinity thread {thread}", thread, 8, ctypes.byref(ctypes.c_ulong(1)))
        attack(f"setpriority thread {thread}", 0, thread, 19)
        attack(f"ioprio_set thread {thread}", 1, thread, 3 << 13)
        for number in (signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGTRAP, 34):
            attack(f"tgkill {number}, thread {thread}", pid, thread, int(number))
        attack(f"rt_tgsigqueueinfo SIGTERM, thread {thread}", pid, thread, 15, siginfo(15, -1, 0, 0))
        write(f"/proc/{pid}/task/{thread}/comm", b"mine")
        read(f"/proc/{pid}/task/{thread}/syscall")
        look(f"/proc/{pid}/task/{thread}/fd", os.listdir)
    for number in range(1, 65):
        if number not in (32, 33):
            attack(f"kill {number}, process {pid}", pid, number)
    attack(f"rt_sigqueueinfo SIGTERM from process 0, process {pid}", pid, 15, siginfo(15, -1, 0, 0))
    attack(f"rt_sigqueueinfo SIGCHLD, process {pid}", pid, 17, siginfo(17, -1, 0, 0))
    for resource in range(16):
        attack(f"prlimit64 {resource}, process {pid}", pid, resource, ctypes.create_string_buffer(16), None)
    error, descriptor = call("pidfd_open", pid, 0)
    if error is None:
        attack(f"pidfd_send_signal, process {pid}", descriptor, 15, None, 0)
        for number in range(8):
            attack(f"pidfd_getfd {number}, process {pid}", descriptor, number, 0)
        attack(f"process_madvise, process {pid}", descriptor, ctypes.create_string_buffer(16), 1, 4, 0)
        attack(f"process_mrelease, process {pid}", descriptor, 0)
    attack(f"ptrace attach, process {pid}", 16, pid, 0, 0)
    attack(f"ptrace seize, process {pid}", 0x4206, pid, 0, 0)
    vector = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(ctypes.create_string_buffer(8)), 8))
    remote = ctypes.create_string_buffer(struct.pack("QQ", 0x400000, 8))
    attack(f"process_vm_readv process {pid}", pid, vector, 1, remote, 1, 0)
    attack(f"process_vm_writev process {pid}", pid, vector, 1, remote, 1, 0)
    attack(f"setpgid process {pid}", pid, 0)
    attack(f"kcmp process {pid}", pid, os.getpid(), 0, 0, 0)
    attack(f"move_pages process {pid}", pid, 0, None, None, None, 0)
    for name in ("mem", "environ", "maps", "smaps", "auxv", "stack", "syscall", "io", "pagemap", "personality", "timers", "numa_maps"):
        read(f"/proc/{pid}/{name}")
    for name, value in (("mem", b"x"), ("oom_score_adj", b"1000"), ("oom_adj", b"15"), ("comm", b"mine"), ("coredump_filter", b"ff"),
                        ("timerslack_ns", b"4000000000"), ("clear_refs", b"1"), ("autogroup", b"19"), ("sched", b"0"),
                        ("setgroups", b"deny"), ("uid_map", b"0 0 1"), ("loginuid", b"1")):
        if os.path.exists(f"/proc/{pid}/{name}"):
            write(f"/proc/{pid}/{name}", value)
    for name in ("fd", "fdinfo", "map_files"):
        look(f"/proc/{pid}/{name}", os.listdir)
    for name in ("exe", "cwd", "root", "fd/0", "fd/1", "fd/3"):
        look(f"/proc/{pid}/{name}", os.readlink)
    for number in range(16):
        for flags in (os.O_RDONLY | os.O_NONBLOCK, os.O_WRONLY | os.O_NONBLOCK):
            look(f"/proc/{pid}/fd/{number}", lambda path: os.open(path, flags))
    attack(f"setpriority all of user {owner}", 2, owner, 19)
    attack(f"ioprio_set all of user {owner}", 3, owner, 3 << 13)
    attack(f"setresuid {owner}", owner, owner, owner)
    attack(f"setresuid effective {owner}", ctypes.c_uint(-1).value, owner, ctypes.c_uint(-1).value)
    attack(f"setresgid {owner}", owner, owner, owner)
    call("setfsuid", owner)
    say(f"setfsuid {owner}", call("setfsuid", owner)[1] != owner, "")


def attack_itself():
    groups = os.getgroups()
    for wanted in ([], [0], [65521], groups + [groups[0] + 1 if groups else 7]):
        array = (ctypes.c_uint * max(1, len(wanted)))(*wanted)
        attack(f"setgroups {wanted}", len(wanted), ctypes.byref(array))
    say("groups after that", os.getgroups() == groups, groups)
    attack("setresuid 0", 0, 0, 0)
    attack("setresgid 0", 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("II", 0x20080522, 0))
    attack("capset", header, ctypes.create_string_buffer(struct.pack("IIIIII", 1 << 7, 1 << 7, 0, 0, 0, 0)))
    attack("unshare a user namespace", 0x10000000)
    score = lowest_score()
    with open("/proc/1/oom_score_adj") as file:
        agent = int(file.read())
    say("a score below the agent's for the OOM killer", score >= agent, f"{score}, the agent has {agent}")


def lowest_score():
    with open("/proc/self/oom_score_adj", "r+b", buffering=0) as file:
        start = int(file.read())
        for score in range(-1000, start + 1):
            try:
                file.write(str(score).encode())
                return score
            except OSError:
                pass
    return start


def occupy_socket():
    """The agent's socket takes its own user alone: nobody holds the places in which a bridge says who it is."""
    for _ in range(64):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect("\0devbench-agent")
                if connection.recv(1):
                    return say("connect to the agent's socket", False, "it answered")
            except ConnectionResetError:
                pass
            except TimeoutError:
                return say("connect to the agent's socket", False, "it waits for a secret")
    say("connect to the agent's socket", True, "closed")


found = agents()
print("processes", *found, flush=True)
for process in found:
    attack_process(process)
attack_itself()
occupy_socket()
print("done", flush=True)
