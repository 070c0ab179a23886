using System.Buffers.Binary;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Runtime;

/// <summary>
/// The agent's main thread: waits for descriptors, and runs what other threads hand over. Everything but <see cref="Post"/> and <see
/// cref="Wake"/> belongs to that thread.
/// </summary>
internal sealed unsafe class EventLoop
{
    private const int Capacity = 64;

    private readonly int _epoll = Libc.epoll_create1(Abi.EPOLL_CLOEXEC);
    private readonly int _wakeup = Libc.eventfd(0, Abi.O_CLOEXEC | Abi.O_NONBLOCK);
    private readonly Dictionary<int, Watcher> _watchers = [];
    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);
    private readonly Lock _gate = new();
    private List<Action> _posted = new(64), _running = new(64);
    private bool _wakePending;
    private uint _generation;

    public EventLoop() => Watch(_wakeup, Abi.EPOLLIN, _ => ClearWakeup());

    /// <summary>Run this on the loop's thread.</summary>
    public void Post(Action action)
    {
        lock (_gate)
            _posted.Add(action);
        Wake();
    }

    /// <summary>Let the loop go round once more.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, true))
            return;
        var one = 1UL;
        Libc.write(_wakeup, (byte*)&one, 8);
    }

    /// <returns>False where the descriptor cannot be waited for (a regular file).</returns>
    public bool Watch(int fd, uint events, Action<uint> handler)
    {
        _watchers[fd] = new Watcher(++_generation, handler);
        if (Control(Abi.EPOLL_ADD, fd, events))
            return true;
        _watchers.Remove(fd);
        return false;
    }

    public void Change(int fd, uint events) => Control(Abi.EPOLL_MOD, fd, events);

    public void Unwatch(int fd)
    {
        if (_watchers.Remove(fd))
            Control(Abi.EPOLL_DEL, fd, 0);
    }

    /// <summary>Wait until the deadline at most, then run every handler and everything posted.</summary>
    public void Turn(long deadline)
    {
        var wait = deadline == Clock.Never ? -1 : (int)Math.Clamp(deadline - Clock.Milliseconds, 0, 60_000);
        int count;
        fixed (byte* events = _events)
            count = Libc.epoll_wait(_epoll, events, Capacity, wait);
        for (var i = 0; i < count; i++)
        {
            var item = _events.AsSpan(i * Abi.EpollEventSize);
            var events = BinaryPrimitives.ReadUInt32LittleEndian(item);
            var fd = BinaryPrimitives.ReadInt32LittleEndian(item[Abi.EpollDataOffset..]);
            var generation = BinaryPrimitives.ReadUInt32LittleEndian(item[(Abi.EpollDataOffset + 4)..]);
            // An earlier handler of this round may have closed the descriptor, and another one opened it anew.
            if (_watchers.TryGetValue(fd, out var watcher) && watcher.Generation == generation)
                watcher.Handler(events);
        }
        RunPosted();
    }

    private void RunPosted()
    {
        lock (_gate)
            (_posted, _running) = (_running, _posted);
        foreach (var action in _running)
            action();
        _running.Clear();
    }

    private void ClearWakeup()
    {
        ulong value;
        Libc.read(_wakeup, (byte*)&value, 8);
        Volatile.Write(ref _wakePending, false);
    }

    private bool Control(int operation, int fd, uint events)
    {
        var change = stackalloc byte[16];
        var span = new Span<byte>(change, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(span, events);
        BinaryPrimitives.WriteInt32LittleEndian(span[Abi.EpollDataOffset..], fd);
        BinaryPrimitives.WriteUInt32LittleEndian(span[(Abi.EpollDataOffset + 4)..], _watchers.TryGetValue(fd, out var watcher)
            ? watcher.Generation : 0);
        return Libc.epoll_ctl(_epoll, operation, fd, change) == 0;
    }

    private sealed class Watcher(uint generation, Action<uint> handler)
    {
        public uint Generation => generation;

        public Action<uint> Handler => handler;
    }
}
