namespace McpDevBench.Workspaces;

/// <summary>What a reconciliation or a collection found and did: one sentence each, in order.</summary>
/// <param name="DryRun">Nothing was done: the sentences say what would be.</param>
internal sealed record Sweep(bool DryRun, int Inspected, IReadOnlyList<SweepAction> Actions);

/// <param name="Kind">A fixed word: <c>adopted</c>, <c>removed</c>, <c>marked_stopped</c>, <c>volume_removed</c>, <c>left_alone</c>,
/// …</param>
/// <param name="Subject">The container, volume or row concerned.</param>
/// <param name="Reason">Why.</param>
internal sealed record SweepAction(string Kind, string Subject, string Reason)
{
    /// <summary>Why another server's things are left alone.</summary>
    public const string Foreign = "it carries our label, but not our signature";

    public const string LeftAlone = "left_alone";
}

/// <summary>The actions of a sweep that runs.</summary>
internal sealed class SweepActions(bool dryRun)
{
    private readonly List<SweepAction> _all = [];

    public bool DryRun => dryRun;

    public IReadOnlyList<SweepAction> All => _all;

    /// <summary>How many changed something.</summary>
    public int Changes => _all.Count(action => action.Kind != SweepAction.LeftAlone);

    public void Add(string kind, string subject, string reason) => _all.Add(new SweepAction(kind, subject, reason));

    public void LeaveAlone(string subject, string reason) => Add(SweepAction.LeftAlone, subject, reason);

    /// <summary>Records an action, and does it unless it is a dry run.</summary>
    public async Task DoAsync(string kind, string subject, string reason, Func<Task> action)
    {
        Add(kind, subject, reason);
        if (!dryRun)
            await action();
    }

    /// <inheritdoc cref="DoAsync"/>
    public void Do(string kind, string subject, string reason, Action action)
    {
        Add(kind, subject, reason);
        if (!dryRun)
            action();
    }
}

/// <summary>Runs sweeps of one kind, one at a time, and measures them.</summary>
/// <param name="measure">Called after each but dry runs, with its error code or <c>success</c>.</param>
internal sealed class SweepRunner(Action<string, DateTimeOffset, TimeSpan, IEnumerable<string>> measure, TimeProvider time)
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <param name="sweep">Returns how much it inspected.</param>
    public async Task<Sweep> RunAsync(bool dryRun, Func<SweepActions, Task<int>> sweep, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        var started = time.GetTimestamp();
        var (actions, result) = (new SweepActions(dryRun), "success");
        try
        {
            return new Sweep(dryRun, await sweep(actions), actions.All);
        }
        catch (Exception e)
        {
            result = ErrorCodes.NameOf(e);
            throw;
        }
        finally
        {
            if (!dryRun)
                measure(result, time.GetUtcNow(), time.GetElapsedTime(started), actions.All.Select(action => action.Kind));
            _turn.Release();
        }
    }
}
