"""Takes all that it gets of one thing that the kernel counts for each user, prints how much, and holds it until its input ends."""
import array, ctypes, errno, fcntl, os, resource, signal, socket, sys

libc = ctypes.CDLL(None, use_errno=True)
F_SETPIPE_SZ, F_GETPIPE_SZ, MIB = 1031, 1032, 1 << 20
held = []


def inotify():
    while libc.inotify_init() >= 0:
        held.append(None)
    return len(held)


def signals():
    real_time = signal.SIGRTMIN + 1
    signal.pthread_sigmask(signal.SIG_BLOCK, [real_time])
    count = 0
    while libc.sigqueue(os.getpid(), real_time, None) == 0:
        count += 1
    return count


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("flags", "maxmsg", "msgsize", "curmsgs")] + [("reserved", ctypes.c_long * 4)]


def queues():
    attributes = Attributes(0, 10, 8192, 0)
    while libc.mq_open(b"/held-%d-%d" % (os.getpid(), len(held)), os.O_CREAT | os.O_RDWR, 0o600, ctypes.byref(attributes)) >= 0:
        held.append(None)
    return len(held)


def pipes():
    while True:
        held.append(os.pipe())
        try:
            fcntl.fcntl(held[-1][0], F_SETPIPE_SZ, MIB)
        except PermissionError:
            return len(held) - 1


def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    held.append((sender, receiver))
    count = 0
    while True:
        try:
            sender.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 250))], socket.MSG_DONTWAIT)
            count += 250
        except BlockingIOError:
            sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            held.append((sender, receiver))
        except OSError as e:
            assert e.errno == errno.ETOOMANYREFS, e
            return count


def streams():
    """Its own output: pipes that the agent has made."""
    try:
        for stream in (1, 2):
            fcntl.fcntl(stream, F_SETPIPE_SZ, MIB)
    except PermissionError:
        return 0
    return fcntl.fcntl(1, F_GETPIPE_SZ)


if __name__ == "__main__":
    print(globals()[sys.argv[1]](), flush=True)
    sys.stdin.read()
