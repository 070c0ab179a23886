using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>The agent's end of an output pipe of an exec, or of its terminal.</summary>
internal sealed unsafe class ExecPipe(EventLoop loop, int fd, OutputStream stream, bool isTerminal, Action<uint> ready)
{
    /// <summary>A second read while there is more: fewer turns of the loop, and still fair between streams.</summary>
    private const int ReadsPerTurn = 2;

    /// <summary>Larger than the buffers of a terminal, whose fill level cannot be read.</summary>
    private const int TerminalBuffers = 128 << 10;

    private readonly EventInterest _interest = new(loop, fd, ready);
    private int _budget = -1;

    // Closing a terminal sends SIGHUP to its session leader, which may have closed its streams and not exited yet.
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
                // The end; or no process has the terminal open any more (EIO); or all of the drain window was read.
                Close();
        }
    }

    /// <summary>Reads only what the pipe holds now: processes that still hold the other end have had their time.</summary>
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
