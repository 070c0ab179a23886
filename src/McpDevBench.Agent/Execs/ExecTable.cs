using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>Every exec that the server has not acknowledged as ended. On the loop's thread.</summary>
internal sealed class ExecTable(EventLoop loop, ProcessSpawner spawner, ProcessKiller killer, WorkerPool workers, LimitCounters limits)
{
    /// <summary>Running, or ended and not acknowledged.</summary>
    private const int MaxExecs = 64;

    /// <summary>Ended but for processes in the background.</summary>
    private const int MaxBackground = 256;
    private const int ExitedSize = FrameHeader.Size + ExecExited.MaxSize;
    private const int BackgroundSize = FrameHeader.Size + ExecBackground.MaxSize;

    /// <summary>A smaller piece of output is not worth its header: wait for a fresh buffer.</summary>
    private const int SmallestPiece = 512;

    private readonly Dictionary<Guid, TrackedExec> _byKey = [];
    private readonly List<TrackedExec> _execs = new(MaxExecs);
    private MessageWriter _header = new() { Version = Protocol.Version };
    private readonly Guid _boot = Guid.NewGuid();
    private int _next;
    private bool _orphanPosted;

    public int Count => _execs.Count;

    public long NextDeadline
    {
        get
        {
            var next = Clock.Never;
            foreach (var exec in _execs)
                next = Math.Min(next, exec.NextDeadline);
            return next;
        }
    }

    public void Tick(long now)
    {
        foreach (var exec in _execs)
        {
            if (exec.NextDeadline <= now)
                exec.Tick(now);
        }
    }

    public void Start(Channel channel, ExecStart request)
    {
        if (_byKey.TryGetValue(request.Key, out var known))
        {
            Join(known, channel);
            if (known.Pid != 0)
                AnswerStarted(known);
            return;
        }
        RequireRoom();
        var exec = new TrackedExec(loop, killer, limits, request, () => _header.Version >= TrackedExec.BackgroundVersion);
        Join(exec, channel);
        _byKey.Add(request.Key, exec);
        _execs.Add(exec);
        Submit(exec, request);
    }

    private void Submit(TrackedExec exec, ExecStart request)
    {
        exec.Rejoined = false;
        if (!workers.TrySubmit(new Job(() => Spawn(exec, request))))
            Fail(exec, request, new OperationException(AgentStatus.Exhausted, "too many requests are waiting"));
    }

    /// <summary>The newest request decides whether the process may still be started, and until when.</summary>
    private static void Join(TrackedExec exec, Channel channel)
    {
        exec.StartWaiters.Add(channel);
        exec.Rejoined = true;
        (exec.Discarded, exec.StartExpiresAt) = (false, channel.ExpiresAt);
        channel.OnCancel = () =>
        {
            if (exec.StartWaiters.Count > 0 && exec.StartWaiters[^1] == channel)
                exec.Discarded = true;
        };
    }

    public void Input(Channel channel, ExecInput input) => Find(input.Key).AddInput(channel, input);

    public void Signal(Channel channel, ExecSignal request)
    {
        var exec = Find(request.Key);
        if (exec.Ended)
            throw NoSuchExec();
        if (request.Signal is 0 or > 64)
            throw new OperationException(AgentStatus.Invalid, $"{request.Signal} is not a signal");
        if (request.Signal != Abi.SIGKILL)
        {
            killer.Signal(
                exec.Mark, request.Signal, () => loop.Post(() => channel.Session.Finish(channel, channel.Session.Answer(AgentStatus.Ok))));
            return;
        }
        // One round of SIGKILL would miss processes that are forked meanwhile.
        exec.Kill(ExecEnd.Signaled, graceMs: 0);
        channel.Session.Finish(channel, channel.Session.Answer(AgentStatus.Ok));
    }

    public void Cancel(ExecCancel request) => Find(request.Key).Kill(ExecEnd.Cancelled, request.GraceMs);

    public void Resize(ExecResize request) => Find(request.Key).Resize(request.Rows, request.Columns);

    public void Acknowledge(ExecAck acknowledged)
    {
        if (!_byKey.TryGetValue(acknowledged.Key, out var exec) || exec.Pid == 0)
            return;
        // After the first acknowledgement of a session an older one has no effect.
        if (exec.Attached && acknowledged.Offset < exec.Output.Acknowledged)
            return;
        if (exec.Attached)
            exec.Output.Acknowledge(acknowledged.Offset);
        else
            exec.Output.ResumeAt(acknowledged.Offset);
        exec.Attached = true;
        if (!acknowledged.Exit)
        {
            exec.RoomMade();
            return;
        }
        if (!exec.Ended || acknowledged.Offset != exec.Output.Produced)
            throw new ProtocolException("an exit was acknowledged before it was sent, or before the output ahead of it");
        Remove(exec);
    }

    /// <summary>Begins a session: its version holds for all output that follows.</summary>
    public Welcome Welcome(ushort version)
    {
        _header = new MessageWriter { Version = version };
        if (version < TrackedExec.BackgroundVersion)
            _execs.ForEach(exec => exec.LeaveBackground());
        var positions = new List<ExecPosition>(_execs.Count);
        foreach (var exec in _execs)
        {
            exec.ListedInWelcome = exec.Pid != 0;
            if (exec.ListedInWelcome)
                positions.Add(exec.Position);
        }
        return new Welcome(version, AgentVersion.Text, _boot, positions, Clock.Milliseconds);
    }

    /// <summary>A new session: nothing is sent until the server acknowledges what it has.</summary>
    public void Detach()
    {
        foreach (var exec in _execs)
        {
            exec.Attached = exec.ExitSent = exec.BackgroundSent = exec.ListedInWelcome = false;
            // The new session does not know it, so it must not begin unless it is requested again.
            exec.Discarded |= exec.Pid == 0;
        }
    }

    /// <summary>From any thread: an orphan has ended. It may have been the last process of an exec in the background.</summary>
    public void OrphanEnded()
    {
        if (Interlocked.Exchange(ref _orphanPosted, true))
            return;
        loop.Post(() =>
        {
            Volatile.Write(ref _orphanPosted, false);
            foreach (var exec in _execs)
                exec.LookAgain();
        });
    }

    /// <summary>The next frame of any exec, all of them by turns.</summary>
    public bool TryTakeOutput(Span<byte> to, out int written)
    {
        written = 0;
        if (to.Length < FrameHeader.Size + ExecOutput.Size + SmallestPiece)
            return false;
        for (var i = 0; i < _execs.Count && written == 0; i++)
        {
            _next = (_next + 1) % _execs.Count;
            var exec = _execs[_next];
            if (exec.Attached)
                written = TakeFrom(exec, to);
        }
        return written > 0;
    }

    private int TakeFrom(TrackedExec exec, Span<byte> to)
    {
        const int Before = FrameHeader.Size + ExecOutput.Size;
        var room = Math.Min(to.Length - Before, Protocol.MaxData);
        _header.Clear();
        if (exec.MustReportBackground)
        {
            if (to.Length < BackgroundSize)
                return 0;
            exec.BackgroundSent = true;
            exec.InBackground().Write(_header);
            return Put(FrameKind.ExecBackground, to);
        }
        if (exec.Output.TryTake(room, out var offset, out var stream, out var at, out var piece))
        {
            new ExecOutput(exec.Key, offset, stream, at).Write(_header);
            new FrameHeader(FrameKind.ExecOutput, Protocol.NoChannel, ExecOutput.Size + piece.Length).Write(to);
            _header.Written.CopyTo(to[FrameHeader.Size..]);
            piece.CopyTo(to[Before..]);
            return Before + piece.Length;
        }
        if (!exec.Ended || exec.ExitSent || to.Length < ExitedSize)
            return 0;
        exec.ExitSent = true;
        exec.Exited().Write(_header);
        return Put(FrameKind.ExecExited, to);
    }

    private int Put(FrameKind kind, Span<byte> to)
    {
        new FrameHeader(kind, Protocol.NoChannel, _header.Length).Write(to);
        _header.Written.CopyTo(to[FrameHeader.Size..]);
        return FrameHeader.Size + _header.Length;
    }

    private void RequireRoom()
    {
        var background = 0;
        _execs.ForEach(exec => background += exec is { Background: true, Ended: false } ? 1 : 0);
        if (_execs.Count - background >= MaxExecs)
            throw new OperationException(AgentStatus.Exhausted, $"{MaxExecs} execs are running, or have ended and not been acknowledged");
        if (background >= MaxBackground)
            throw new OperationException(AgentStatus.Exhausted, $"{MaxBackground} execs have processes in the background");
    }

    /// <summary>On a worker.</summary>
    private void Spawn(TrackedExec exec, ExecStart request)
    {
        try
        {
            spawner.Spawn(
                request, exec.ThrowIfUnwanted, process => loop.Post(() => OnStarted(exec, process)),
                ending => loop.Post(() => exec.LeaderEnded(ending)));
        }
        catch (Exception error)
        {
            loop.Post(() => Fail(exec, request, OperationException.From(error)));
        }
    }

    private static void OnStarted(TrackedExec exec, StartedProcess process)
    {
        var wasUnwanted = exec.Discarded;
        exec.Begin(process);
        AnswerStarted(exec);
        // Cancelled at the moment at which it started.
        if (wasUnwanted)
            exec.Kill(ExecEnd.Cancelled, graceMs: 0);
    }

    private static void AnswerStarted(TrackedExec exec)
    {
        foreach (var channel in exec.StartWaiters)
        {
            // An exec that was not in this session's Welcome needs no acknowledgement first: the server expects all of its output.
            if (!channel.Session.Closed && !exec.ListedInWelcome)
                exec.Attached = true;
            var answer = channel.Session.Answer(AgentStatus.Ok);
            new ExecStarted(exec.Pid, exec.Shell).Write(answer);
            channel.Session.Finish(channel, answer);
        }
        exec.StartWaiters.Clear();
    }

    private void Fail(TrackedExec exec, ExecStart request, OperationException failure)
    {
        if (failure.Status is AgentStatus.Cancelled or AgentStatus.Expired && exec is { Rejoined: true, Discarded: false })
        {
            Submit(exec, request);
            return;
        }
        foreach (var channel in exec.StartWaiters)
            channel.Session.Finish(channel, channel.Session.Answer(failure));
        Remove(exec);
    }

    private void Remove(TrackedExec exec)
    {
        _byKey.Remove(exec.Key);
        _execs.Remove(exec);
        if (exec.Pid != 0)
            spawner.Forget(exec.Mark);
        exec.Forget();
    }

    private TrackedExec Find(Guid key) => _byKey.TryGetValue(key, out var exec) && exec.Pid != 0 ? exec : throw NoSuchExec();

    private static OperationException NoSuchExec() => new(AgentStatus.NoSuchExec, "no such exec, or it has ended");
}
