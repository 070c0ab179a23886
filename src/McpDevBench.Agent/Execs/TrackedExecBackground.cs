using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>What becomes of an exec whose leader has ended: its end if no process is left, or its background.</summary>
internal sealed partial class TrackedExec
{
    /// <summary>A process that is about to end gets as long as this before it counts as background.</summary>
    private static readonly int[] s_looksMs = [10, 40, 100];

    private Survivors _survivors = new(0, []);
    private long _nextLook = Clock.Never;
    private int _looks;
    private bool _looking;
    private bool _alone;
    private ulong _backgroundAt;

    /// <summary>The leader has ended, and processes of it still run.</summary>
    public bool Background { get; private set; }

    public bool BackgroundSent { get; set; }

    /// <summary>It can be reported now: everything before it has been sent.</summary>
    public bool MustReportBackground => Background && !Ended && !BackgroundSent && Output.Sent >= _backgroundAt;

    /// <summary>Whether processes may outlive the leader. After a kill none does; what was found to be alone has none.</summary>
    private bool MayStayBehind => !_killed && !_alone && keepsBackground();

    public ExecBackground InBackground() => new(Exited() with { Produced = _backgroundAt }, _survivors.Count, _survivors.Named);

    /// <summary>One of its processes may have ended.</summary>
    public void LookAgain()
    {
        if (Background && !Ended)
            _nextLook = Math.Min(_nextLook, Clock.Milliseconds + s_looksMs[^1]);
    }

    /// <summary>A server that knows no background has come: the exec ends, its processes live on.</summary>
    public void LeaveBackground()
    {
        if (!Background || Ended)
            return;
        Background = false;
        _alone = true;
        ClosePipes();
    }

    private void Look()
    {
        _nextLook = Clock.Never;
        if (_looking)
            return;
        _looking = true;
        killer.Start(new SurvivorQuery(Mark, survivors => loop.Post(() => OnSeen(survivors))));
    }

    private void OnSeen(Survivors survivors)
    {
        _looking = false;
        if (Ended || _ending is null || _killJobs > 0 || !MayStayBehind)
        {
            CheckEnd();
            return;
        }
        if (survivors.Count == 0)
        {
            // What is in the pipes is all there is, also where a process of another exec holds them.
            _alone = true;
            ClosePipes();
            return;
        }
        if (Background)
            return;
        _survivors = new Survivors(survivors.Count, [.. survivors.Named.Select(Renamed)]);
        // Those that hold the output have had the drain window.
        if (_looks < s_looksMs.Length && Array.TrueForAll(_pipes, pipe => pipe.Closed))
            _nextLook = Clock.Milliseconds + s_looksMs[_looks++];
        else
            EnterBackground();
    }

    /// <summary>A part of the shell itself is shown with the caller's script, not with what bash was given in its place.</summary>
    private ExecProcess Renamed(ExecProcess process)
    {
        var shown = $"{Shell} -c ";
        return request.Reporting.Length > 0 && $"{shown}{request.Reporting}".StartsWith(process.Name, StringComparison.Ordinal)
            && process.Name.Length > shown.Length
            ? process with { Name = SurvivorQuery.Cut(Encoding.UTF8.GetBytes(shown + request.Argv.ElementAt(2))) }
            : process;
    }

    private void EnterBackground()
    {
        (Background, _backgroundAt) = (true, Output.Produced);
        _drainEnds = _nextLook = Clock.Never;
        _stdin.Close();
        Output.Shrink();
        UpdateWatches();
        loop.Wake();
    }
}
