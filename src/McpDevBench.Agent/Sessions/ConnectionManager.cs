using System.Text;
using McpDevBench.Agent.Execs;
using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;

namespace McpDevBench.Agent.Sessions;

/// <summary>Accepts connections. The newest stream whose handshake had the secret is the active one. On the loop's thread.</summary>
internal sealed unsafe class ConnectionManager(EventLoop loop, RequestRouter router, ExecTable execs)
{
    /// <summary>Connections whose handshake is pending. One more closes the oldest of them, so that none can block the socket.</summary>
    private const int MaxPending = 4;
    private const int HandshakeMs = 5_000;
    private const int AddressSize = 110;

    private readonly TrustedSecret _secret = new();
    private readonly List<PeerStream> _pending = [];
    private PeerStream? _active;
    private int _listener = -1;

    public long NextDeadline => _pending.Count == 0 ? Clock.Never : _pending[0].HandshakeDeadline;

    public void OpenStdio()
    {
        Fd.SetNonBlocking(0);
        Fd.SetNonBlocking(1);
        _ = new PeerStream(loop, this, _secret, input: 0, output: 1, isStdio: true);
    }

    /// <summary>
    /// An abstract name: the network namespace confines it, and there is no file that a workload could remove or replace.
    /// </summary>
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

    /// <summary>A stream has completed a handshake: it becomes the active one, and replaces the one before.</summary>
    public SessionHandler Begin(PeerStream wire)
    {
        _pending.Remove(wire);
        if (_active is { } before && before != wire)
            before.Drop();
        _active = wire;
        execs.Detach();
        return new SessionHandler(new Session(loop), router, execs);
    }

    public void Forget(PeerStream wire)
    {
        _pending.Remove(wire);
        if (_active == wire)
            _active = null;
    }

    public void Tick(long now)
    {
        while (_pending.Count > 0 && _pending[0].HandshakeDeadline <= now)
            _pending[0].Drop();
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
        if (_pending.Count == MaxPending)
            _pending[0].Drop();
        _pending.Add(new PeerStream(loop, this, _secret, fd, fd, isStdio: false) { HandshakeDeadline = Clock.Milliseconds + HandshakeMs });
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
