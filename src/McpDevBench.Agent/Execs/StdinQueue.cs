using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>
/// Input on its way to an exec. A request's bytes count as taken once they are within <see cref="Protocol.StdinWindow"/> of
/// what the process reads next; the request is answered when all of them are.
/// </summary>
internal sealed unsafe class StdinQueue(bool isTerminal)
{
    /// <summary>Over all execs: a window each, and requests that wait for theirs.</summary>
    private const int MaxBytes = 4 << 20;

    private static int s_bytes;

    private readonly LinkedList<Segment> _segments = [];
    private Interest? _interest;
    private int _fd = -1;
    private bool _eofQueued;

    public bool Closed { get; private set; } = true;

    public bool HasWork => !Closed && _segments.Count > 0;

    /// <param name="interest">Of a pipe of its own; a terminal's belongs to whoever reads it.</param>
    public void Open(int fd, Interest? interest) => (_fd, _interest, Closed) = (fd, interest, false);

    public void Add(Channel channel, ExecInput input)
    {
        if (Closed || _eofQueued)
        {
            Answer(channel, 0, open: false);
            return;
        }
        var content = input.Eof && isTerminal ? [.. input.Content, 0x04] : input.Content;
        if (s_bytes + content.Length > MaxBytes)
            throw new RefusalException(AgentStatus.Exhausted, "too much input is waiting to be read; try again");
        s_bytes += content.Length;
        _eofQueued = input.Eof && !isTerminal;
        var segment = new Segment { Content = content, Size = content.Length, Asked = input.Content.Length, Waiting = channel, ClosesAfter = _eofQueued };
        _segments.AddLast(segment);
        channel.OnCancel = () => Cancel(segment);
        Write();
    }

    /// <summary>As much as the process takes now.</summary>
    public void Write()
    {
        while (!Closed && _segments.First is { Value: var segment })
        {
            if (segment.Written == segment.Size)
            {
                Settle(segment, segment.Asked, open: true);
                _segments.RemoveFirst();
                if (segment.ClosesAfter)
                    Close();
                continue;
            }
            nint count;
            fixed (byte* start = segment.Content)
                count = Libc.write(_fd, start + segment.Written, segment.Size - segment.Written);
            if (count < 0 && Errno.Last == Errno.EINTR)
                continue;
            if (count < 0 && Errno.Last == Errno.EAGAIN)
                break;
            if (count < 0)
            {
                Close();
                return;
            }
            segment.Written += (int)count;
            s_bytes -= (int)count;
        }
        SettleQueued();
        if (!Closed)
            _interest?.Want(HasWork ? Abi.EPOLLOUT : 0);
    }

    /// <summary>No more: whoever waits learns what was taken. A terminal's descriptor is not this queue's to close.</summary>
    public void Close()
    {
        if (Closed)
            return;
        Closed = true;
        var ahead = 0;
        foreach (var segment in _segments)
        {
            Settle(segment, segment.Taken(ahead), open: false);
            ahead += segment.Left;
            s_bytes -= segment.Left;
        }
        _segments.Clear();
        _interest?.Want(0);
        if (!isTerminal)
            Libc.close(_fd);
    }

    private void SettleQueued()
    {
        var ahead = 0;
        foreach (var segment in _segments)
        {
            ahead += segment.Left;
            if (ahead > Protocol.StdinWindow)
                return;
            Settle(segment, segment.Asked, open: true);
        }
    }

    /// <summary>What is within the window stays taken, the rest was never there.</summary>
    private void Cancel(Segment cancelled)
    {
        if (cancelled.Waiting is null)
            return;
        var ahead = 0;
        foreach (var segment in _segments)
        {
            if (segment == cancelled)
                break;
            ahead += segment.Left;
        }
        var taken = cancelled.Taken(ahead);
        s_bytes -= cancelled.Size - taken;
        cancelled.Size = taken;
        if (cancelled.ClosesAfter)
            _eofQueued = cancelled.ClosesAfter = false;
        Settle(cancelled, Math.Min(taken, cancelled.Asked), open: true);
        Write();
    }

    private static void Settle(Segment segment, int taken, bool open)
    {
        if (segment.Waiting is { } channel)
            Answer(channel, Math.Min(taken, segment.Asked), open);
        segment.Waiting = null;
    }

    private static void Answer(Channel channel, int taken, bool open)
    {
        var answer = channel.Session.Answer(AgentStatus.Ok);
        new ExecInputTaken(taken, open).Write(answer);
        channel.Session.Finish(channel, answer);
    }

    private sealed class Segment
    {
        public required byte[] Content { get; init; }
        public required int Asked { get; init; }
        public required int Size { get; set; }
        public int Written { get; set; }
        public Channel? Waiting { get; set; }
        public bool ClosesAfter { get; set; }

        public int Left => Size - Written;

        /// <summary>Bytes within the window, given how many wait before them.</summary>
        public int Taken(int ahead) => Math.Min(Size, Written + Math.Max(0, Protocol.StdinWindow - ahead));
    }
}
