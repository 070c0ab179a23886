using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

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
    private EventInterest? _interest;
    private int _fd = -1;
    private bool _eofQueued;

    // Of a terminal: the byte that was typed last; null at the beginning.
    private byte? _typed;

    public bool Closed { get; private set; } = true;

    public bool HasWork => !Closed && _segments.Count > 0;

    /// <param name="interest">Of a pipe; null for a terminal, whose reader has the watch.</param>
    public void Open(int fd, EventInterest? interest) => (_fd, _interest, Closed) = (fd, interest, false);

    public void Add(Channel channel, ExecInput input)
    {
        if (Closed || _eofQueued)
        {
            Answer(channel, 0, open: false);
            return;
        }
        if (s_bytes + input.Content.Length > MaxBytes)
            throw new OperationException(AgentStatus.Exhausted, "too much input is waiting to be read; try again");
        s_bytes += input.Content.Length;
        _eofQueued = input.Eof && !isTerminal;
        var segment = new Segment
        {
            Content = input.Content, Size = input.Content.Length, Asked = input.Content.Length, Waiting = channel, EndsInput = input.Eof,
        };
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
                if (segment.EndsInput && isTerminal)
                {
                    TypeEnd(segment);
                    continue;
                }
                Settle(segment, segment.Asked);
                _segments.RemoveFirst();
                if (segment.EndsInput)
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
            if (count > 0)
                _typed = segment.Content[segment.Written - 1];
        }
        SettleQueued();
        if (!Closed)
            _interest?.Want(HasWork ? Abi.EPOLLOUT : 0);
    }

    /// <summary>Ends the queue: requests that wait are answered with what was taken. Does not close a terminal's descriptor.</summary>
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
            Settle(segment, segment.Asked);
        }
    }

    /// <summary>After the content of a segment: the characters that end the input of a terminal, as one that follows.</summary>
    private void TypeEnd(Segment segment)
    {
        var end = TerminalInput.End(_fd, _typed);
        s_bytes += end.Length;
        (segment.Content, segment.Size, segment.Written, segment.EndsInput) = (end, end.Length, 0, false);
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
        if (cancelled.EndsInput)
            _eofQueued = cancelled.EndsInput = false;
        Settle(cancelled, taken);
        Write();
    }

    /// <summary>A pipe that is closed after the segment takes no more, also while the process has not read all of it.</summary>
    private void Settle(Segment segment, int taken) => Settle(segment, taken, open: isTerminal || !segment.EndsInput);

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
        public required byte[] Content { get; set; }
        public required int Asked { get; init; }
        public required int Size { get; set; }
        public int Written { get; set; }
        public Channel? Waiting { get; set; }

        /// <summary>A pipe is closed after it; a terminal gets the characters that end its input.</summary>
        public bool EndsInput { get; set; }

        public int Left => Size - Written;

        /// <summary>Bytes within the window, given how many wait before them.</summary>
        public int Taken(int ahead) => Math.Min(Size, Written + Math.Max(0, Protocol.StdinWindow - ahead));
    }
}
