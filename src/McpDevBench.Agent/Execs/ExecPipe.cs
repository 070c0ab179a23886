using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>The agent's end of one of an exec's output pipes, or its terminal.</summary>
internal sealed unsafe class ExecPipe(EventLoop loop, int fd, OutputStream stream, bool isTerminal, Action<uint> ready)
{
    /// <summary>A second read while there is more: fewer turns of the loop, and still fair between streams.</summary>
    private const int ReadsPerTurn = 2;

    /// <summary>A terminal does not say how much it holds. Its buffers are smaller than this.</summary>
    private const int TerminalBuffers = 128 << 10;

    private readonly Interest _interest = new(loop, fd, ready);
    private int _budget = -1;

    // Closing a terminal sends SIGHUP to its session leader, which may still be on its way from closing its streams to its exit code.
    private bool _mayHangUp = !isTerminal;

    public int Fd => fd;

    public bool Closed { get; private set; }

    public void Want(uint events)
    {
        if (!Closed)
            _interest.Want(events);
    }

    public void Read(OutputRing to)
    {
        for (var i = 0; i < ReadsPerTurn && !Closed && to.HasRoom; i++)
        {
            var room = to.Reserve();
            if (_budget >= 0)
                room = room[..Math.Min(room.Length, _budget)];
            nint count = 0;
            if (!room.IsEmpty)
            {
                fixed (byte* start = room)
                    count = Libc.read(fd, start, room.Length);
            }
            if (count > 0)
                Take(to, (int)count);
            else if (count < 0 && Errno.Last is Errno.EINTR or Errno.EAGAIN && _budget < 0)
                return;
            else
                // The end; or nobody has the terminal open any more (EIO); or that was all there was when draining ended.
                Close();
        }
    }

    /// <summary>Read what is there now, and no more: whoever still holds the other end has had its time.</summary>
    public void Limit()
    {
        var waiting = TerminalBuffers;
        if (!isTerminal && Libc.ioctl(fd, Abi.FIONREAD, &waiting) != 0)
            waiting = 0;
        _budget = waiting;
    }

    /// <summary>The leader has ended: nothing is left that closing the terminal could end too early.</summary>
    public void LeaderEnded()
    {
        if (Closed && !_mayHangUp)
            Libc.close(fd);
        _mayHangUp = true;
    }

    private void Take(OutputRing to, int count)
    {
        to.Commit(count, stream, Clock.UnixMicroseconds);
        if (_budget >= 0)
            _budget -= count;
    }

    private void Close()
    {
        _interest.Want(0);
        Closed = true;
        if (_mayHangUp)
            Libc.close(fd);
    }
}
