using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// A command, from its start until the server has acknowledged its exit. It has ended when its leader has, its output is read to the end,
/// and no process of it is left. Processes that outlive the leader by more than a moment are its background: they keep their output, and
/// can be signalled and cancelled. A server of version 1 knows no background: for it, the exec ends and its pipes are closed. On the
/// loop's thread.
/// </summary>
internal sealed partial class TrackedExec(EventLoop loop, ProcessKiller killer, LimitCounters limits, ExecStart request,
    Func<bool> keepsBackground)
{
    public const ushort BackgroundVersion = 2;

    private const int UnkillableMs = 2_000;
    private const int MaxKillJobs = 4;

    private readonly LimitCounts _countsBefore = limits.Read();
    private readonly List<Channel> _startWaiters = [];
    private StartedProcess _process;
    private ExecPipe[] _pipes = [];
    private readonly StdinQueue _stdin = new(request.Pty);
    private ProcessExit? _ending;
    private ExecEnd? _verdict;
    private ReachedLimits _reached;
    private string _report = "";
    private bool _oomKilled;
    private bool _killed;
    private bool _discarded;
    private long _startExpiresAt = Clock.Never;
    private int _killJobs;
    private long _drainEnds = Clock.Never;
    private long _timeout = Clock.Never;
    private long _unkillable = Clock.Never;

    public Guid Key => request.Key;

    public OutputRing Output { get; } = new();

    public bool Running { get; private set; }

    /// <summary>The result is complete, and waits for the server to acknowledge it.</summary>
    public bool Ended { get; private set; }

    /// <summary>The server has sent the offset to resume from.</summary>
    public bool Attached { get; set; }

    public bool ListedInWelcome { get; set; }

    public bool ExitSent { get; set; }

    public List<Channel> StartWaiters => _startWaiters;

    /// <summary>Another request for the same key came after its start was submitted.</summary>
    public bool Rejoined { get; set; }

    /// <summary>Cancelled by its caller before it began: it must not start any more.</summary>
    public bool Discarded
    {
        get => Volatile.Read(ref _discarded);
        set => Volatile.Write(ref _discarded, value);
    }

    /// <summary>On the agent's clock: it must not start after this time.</summary>
    public long StartExpiresAt
    {
        get => Volatile.Read(ref _startExpiresAt);
        set => Volatile.Write(ref _startExpiresAt, value);
    }

    public int Pid => _process.Pid;

    public ulong Mark => _process.Mark;

    /// <summary>Which shell runs it; empty for a program.</summary>
    public string Shell => _process.Shell ?? "";

    public long NextDeadline => Math.Min(Math.Min(_unkillable, _nextLook), Math.Min(_drainEnds, _timeout));

    public ExecPosition Position => new(Key, Output.Acknowledged, Output.Produced);

    public void Begin(StartedProcess process)
    {
        (_process, Running) = (process, true);
        if (request.TimeoutMs > 0)
            _timeout = Clock.Milliseconds + request.TimeoutMs;
        _pipes = request.Pty
            ? [new ExecPipe(loop, process.Stdout, OutputStream.Stdout, isTerminal: true, OnTerminal)]
            : [
                new ExecPipe(loop, process.Stdout, OutputStream.Stdout, isTerminal: false, _ => Read(0)),
                new ExecPipe(loop, process.Stderr, OutputStream.Stderr, isTerminal: false, _ => Read(1)),
            ];
        if (request.Pty)
            _stdin.Open(process.Stdout, interest: null);
        else if (process.Stdin >= 0)
            _stdin.Open(process.Stdin, new EventInterest(loop, process.Stdin, _ => _stdin.Write()));
        UpdateWatches();
    }

    /// <summary>From any thread, just before the process is started.</summary>
    public void ThrowIfUnwanted()
    {
        if (Discarded)
            throw new OperationException(AgentStatus.Cancelled, "cancelled before it began");
        if (Clock.Milliseconds >= StartExpiresAt)
            throw new OperationException(AgentStatus.Expired, "the command reached the workspace too late and was not started");
    }

    public void AddInput(Channel channel, ExecInput input)
    {
        _stdin.Add(channel, input);
        UpdateWatches();
    }

    public void Resize(ushort rows, ushort columns)
    {
        if (!request.Pty)
            throw new OperationException(AgentStatus.Invalid, "the exec has no terminal to resize");
        if (!_pipes[0].Closed)
            ExecStreams.Resize(_pipes[0].Fd, rows, columns);
    }

    /// <summary>The server has acknowledged output: there may be room to read on.</summary>
    public void RoomMade() => UpdateWatches();

    public void LeaderEnded(ProcessExit ending)
    {
        _ending = ending;
        _timeout = _unkillable = Clock.Never;
        _drainEnds = Clock.Milliseconds + request.DrainMs;
        // Also of one that ended well: a part of it may not have, as in `make || true`.
        _reached = limits.Since(_countsBefore);
        var wasKilled = ending.Signal == Abi.SIGKILL || ending.Code == 128 + Abi.SIGKILL;
        _oomKilled = !_killed && wasKilled && (_reached & ReachedLimits.Memory) != 0;
        if (_process.Report >= 0)
            _report = PipeReport.Take(_process.Report);
        foreach (var pipe in _pipes)
            pipe.LeaderEnded();
        CheckEnd();
    }

    /// <summary>Kill everything. The first reason is the one that counts, unless the leader was faster.</summary>
    public void Kill(ExecEnd reason, uint graceMs)
    {
        if (_ending is null)
            _verdict ??= reason;
        if (!Ended)
            _killed = true;
        _timeout = Clock.Never;
        // A second job may have a shorter grace. More than a few add nothing.
        if (_killJobs == MaxKillJobs)
            return;
        _killJobs++;
        killer.Start(new KillJob(Mark, graceMs, () => loop.Post(OnKillJobOver)));
    }

    public void Tick(long now)
    {
        if (_timeout <= now)
            Kill(ExecEnd.TimedOut, request.GraceMs);
        if (_unkillable <= now)
            LeaderEnded(new ProcessExit(0, Abi.SIGKILL, 0, 0, Clock.Microseconds));
        if (_nextLook <= now)
            Look();
        if (_drainEnds <= now && _killJobs == 0)
        {
            _drainEnds = Clock.Never;
            if (MayStayBehind)
                Look();
            else
                ClosePipes();
        }
    }

    public ExecExited Exited()
    {
        var ending = _ending!.Value;
        var ownEnd = ending.Signal != 0 ? ExecEnd.Signaled : ExecEnd.Exited;
        var end = _verdict ?? (_oomKilled ? ExecEnd.OutOfMemory : ownEnd);
        return new ExecExited(
            Key, Output.Produced, end, ending.Code, ending.Signal,
            ending.AtMicroseconds - _process.AtMicroseconds, ending.CpuMicroseconds, ending.MaxRssBytes)
        {
            Details = new ExecDetails(Shell, _reached, _report),
        };
    }

    public void Forget() => Output.Dispose();

    private void OnKillJobOver()
    {
        _killJobs--;
        if (Ended)
            return;
        if (_ending is null)
            _unkillable = Clock.Milliseconds + UnkillableMs;
        // No process of the exec is left to write: the pipes hold all of its output.
        _drainEnds = Math.Min(_drainEnds, Clock.Milliseconds);
        CheckEnd();
    }

    private void Read(int pipe)
    {
        _pipes[pipe].Read(Output);
        UpdateWatches();
        CheckEnd();
    }

    private void ReadAll()
    {
        foreach (var pipe in _pipes)
            pipe.Read(Output);
        UpdateWatches();
        CheckEnd();
    }

    private void OnTerminal(uint events)
    {
        if ((events & Abi.EPOLLOUT) != 0)
            _stdin.Write();
        if ((events & (Abi.EPOLLIN | Abi.EPOLLHUP | Abi.EPOLLERR)) != 0)
            _pipes[0].Read(Output);
        UpdateWatches();
        CheckEnd();
    }

    private void UpdateWatches()
    {
        var wanted = Output.HasRoom ? Abi.EPOLLIN : 0;
        if (request.Pty && _stdin.HasWork)
            wanted |= Abi.EPOLLOUT;
        foreach (var pipe in _pipes)
            pipe.Want(wanted);
    }

    /// <summary>Takes what is in the pipes now, and closes them.</summary>
    private void ClosePipes()
    {
        foreach (var pipe in _pipes)
        {
            if (!pipe.Closed)
                pipe.Limit();
        }
        ReadAll();
    }

    private void CheckEnd()
    {
        // The terminal's descriptor is that of its input too.
        if (request.Pty && _pipes[0].Closed)
            _stdin.Close();
        if (Ended || _ending is null || _killJobs > 0 || !Array.TrueForAll(_pipes, pipe => pipe.Closed))
            return;
        if (MayStayBehind)
            Look();
        else
            End();
    }

    private void End()
    {
        (Ended, Running) = (true, false);
        _drainEnds = _nextLook = Clock.Never;
        _stdin.Close();
    }
}
