using System.Text;

namespace McpDevBench.Agent;

/// <summary>Who may talk to the agent: the newest wire that knew the secret. On the loop's thread.</summary>
internal sealed unsafe class Switchboard(EventLoop loop, RequestRouter router, ExecTable execs)
{
    /// <summary>Connections that have not said the secret yet. One more, and the oldest of them goes: nobody can occupy the door.</summary>
    private const int MaxStrangers = 4;
    private const int HandshakeMs = 5_000;
    private const int AddressSize = 110;

    private readonly TrustedSecret _secret = new();
    private readonly List<Wire> _strangers = [];
    private Wire? _active;
    private int _listener = -1;

    public long NextDeadline => _strangers.Count == 0 ? Clock.Never : _strangers[0].HandshakeDeadline;

    public void OpenStdio()
    {
        Fd.SetNonBlocking(0);
        Fd.SetNonBlocking(1);
        _ = new Wire(loop, this, _secret, input: 0, output: 1, isStdio: true);
    }

    /// <summary>An abstract name: the network namespace confines it, and there is no file that a workload could remove or replace.</summary>
    public bool Listen(string name)
    {
        _listener = Libc.socket(Abi.AF_UNIX, Abi.SOCK_STREAM | Abi.SOCK_NONBLOCK | Abi.SOCK_CLOEXEC, 0);
        var address = stackalloc byte[AddressSize];
        var length = Address(name, new Span<byte>(address, AddressSize));
        return Libc.bind(_listener, address, length) == 0
            && Libc.listen(_listener, 16) == 0
            && loop.Watch(_listener, Abi.EPOLLIN, _ => Accept());
    }

    /// <summary>A sockaddr_un of the abstract namespace.</summary>
    public static uint Address(string name, Span<byte> to)
    {
        to.Clear();
        to[0] = Abi.AF_UNIX;
        return (uint)(3 + Encoding.UTF8.GetBytes(name, to[3..]));
    }

    /// <summary>A wire has completed a handshake: it is the server's now, and the one before is not.</summary>
    public Session Begin(Wire wire)
    {
        _strangers.Remove(wire);
        if (_active is { } before && before != wire)
            before.Drop();
        _active = wire;
        execs.Detach();
        return new Session(loop, router, execs);
    }

    public void Forget(Wire wire)
    {
        _strangers.Remove(wire);
        if (_active == wire)
            _active = null;
    }

    public void Tick(long now)
    {
        while (_strangers.Count > 0 && _strangers[0].HandshakeDeadline <= now)
            _strangers[0].Drop();
    }

    public void Pump() => _active?.Pump(execs);

    private void Accept()
    {
        var fd = Libc.accept4(_listener, null, null, Abi.SOCK_NONBLOCK | Abi.SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (!_secret.Known || !IsOwnUser(fd))
        {
            Libc.close(fd);
            return;
        }
        if (_strangers.Count == MaxStrangers)
            _strangers[0].Drop();
        _strangers.Add(new Wire(loop, this, _secret, fd, fd, isStdio: false) { HandshakeDeadline = Clock.Milliseconds + HandshakeMs });
    }

    /// <summary>A bridge: it has the agent's user, and the workload another one.</summary>
    private static bool IsOwnUser(int fd)
    {
        // struct ucred: process, user, group.
        var peer = stackalloc uint[3];
        uint length = 3 * sizeof(uint);
        return Libc.getsockopt(fd, Abi.SOL_SOCKET, Abi.SO_PEERCRED, peer, &length) == 0 && peer[1] == Libc.geteuid();
    }
}
