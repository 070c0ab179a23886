using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Execs;

/// <summary>
/// Supervises every exec that runs: has what its agent sends written down, acknowledges it, and sees to its end. After a restart it resumes
/// every exec that the database says is running.
/// </summary>
internal sealed partial class ExecSupervisor(
    ExecSlots slots, ExecStore store, WorkspaceDirectory workspaces, OrphanedExecs orphans, ExecRecorder recorder,
    MetricCatalogue metrics, ILogger<ExecSupervisor> logger) : AgentListener
{
    /// <summary>An agent ends the oldest before it has more commands in the background.</summary>
    private const int MaxBackground = Protocol.MaxExecs;

    private readonly ConcurrentDictionary<Guid, ActiveExec> _active = [];

    /// <summary>
    /// Of containers that have not been lost. An ack that is dropped while one is disconnected is sent again by the reconnect handshake.
    /// </summary>
    private readonly ConcurrentDictionary<ContainerId, AgentLink> _links = [];

    /// <summary>An exec whose start the last server left unsettled, when its agent is connected.</summary>
    public event Action<ActiveExec, AgentLink>? FoundUnsettled;

    /// <summary>Resumes the execs of the last server. Before the first agent is connected.</summary>
    public void Recover()
    {
        foreach (var exec in store.Running())
        {
            var container = workspaces.Find(exec.ContainerId) is { Status: WorkspaceStatus.Running, Container: { } id } ? id : null;
            var active = Watch(exec, container ?? ContainerId.None, recovered: true);
            active.Confirmed = !exec.Unsettled;
            active.Announce();
            if (exec.Finished)
                metrics.Execs.EnteredBackground();
            else
            {
                slots.Occupy(exec);
                metrics.Execs.Adopted();
            }
            if (container is null)
                active.Lose();
        }
    }

    /// <summary>Supervises an exec that has a slot; the slot is released with it.</summary>
    public ActiveExec Admit(Exec exec, ContainerId container)
    {
        try
        {
            return Watch(exec, container);
        }
        catch
        {
            slots.Release(exec);
            throw;
        }
    }

    /// <summary>It could not be started: nothing of it remains.</summary>
    public void Dismiss(ActiveExec active)
    {
        Remove(active);
        active.Finish(active.Exec);
        store.Delete(active.Exec.Id);
    }

    /// <summary>It is not known whether it began.</summary>
    public void Doubt(ActiveExec active) => recorder.WriteDoubt(active);

    /// <summary>Every exec that is supervised.</summary>
    public ICollection<ActiveExec> Active => _active.Values;

    public ActiveExec? Find(ExecId id) => _active.GetValueOrDefault(id.Value);

    /// <summary>Everything that runs in a container, also in the background.</summary>
    public IEnumerable<ActiveExec> In(ContainerId container) => _active.Values.Where(active => active.Container == container);

    public override void Connected(AgentLink link, Welcome welcome)
    {
        _links[link.Container] = link;
        var workspace = workspaces.FindByContainer(link.Container);
        var present = welcome.Execs.Select(position => position.Key).ToHashSet();
        if (present.Count < welcome.Execs.Count)
            throw new ProtocolException("the agent lists a command twice");
        var orphaned = welcome.Execs.Where(position => FindIn(link, position.Key) is null).ToList();
        orphans.Set(link.Container, orphaned, workspace);
        if (workspace is not null)
            workspaces.NoteBoot(workspace.Id, welcome.Boot);
        foreach (var position in welcome.Execs)
        {
            if (FindIn(link, position.Key) is { } active)
            {
                active.Confirmed = true;
                link.Acknowledge(new ExecAck(position.Key, (ulong)active.Log.EndOffset, Exit: false));
            }
        }
        foreach (var position in orphaned)
            orphans.Release(link, position);
        foreach (var active in _active.Values)
        {
            if (active.Container == link.Container && active is { Recovered: true, Exec.Unsettled: true })
                FoundUnsettled?.Invoke(active, link);
        }
        foreach (var active in _active.Values)
        {
            // Asked for, but the agent does not know it: either it never got the request (it will be repeated), or it has been restarted.
            if (active.Container == link.Container && active.Confirmed && !present.Contains(active.Exec.Id.Value))
                active.Lose();
        }
    }

    public override bool Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content)
    {
        if (FindIn(link, header.Key) is { } active)
            return active.Arrive(header, content);
        orphans.CountOutput(link.Container, header.Key, content.Length);
        return true;
    }

    public override bool InBackground(AgentLink link, ExecBackground background)
    {
        if (FindIn(link, background.Leader.Key) is { } active)
        {
            if (_active.Values.Count(other => other.Container == link.Container && other.Exec.Finished) >= MaxBackground)
                throw new ProtocolException($"the agent has more than {MaxBackground} commands in the background");
            return active.Arrive(background);
        }
        orphans.Require(link.Container, background.Leader.Key);
        return false;
    }

    public override bool Exited(AgentLink link, ExecExited exit)
    {
        if (FindIn(link, exit.Key) is { } active)
            return active.Arrive(exit);
        orphans.End(link.Container, exit.Key);
        link.Acknowledge(new ExecAck(exit.Key, exit.Produced, Exit: true));
        return true;
    }

    public override void Lost(ContainerId container)
    {
        _links.TryRemove(container, out _);
        orphans.Forget(container);
        foreach (var active in _active.Values.Where(active => active.Container == container))
            active.Lose();
        // One that is being removed ends as it should.
        if (workspaces.FindByContainer(container) is { Status: WorkspaceStatus.Running } workspace)
        {
            LogLost(logger, workspace.Id);
            workspaces.MarkStopped(workspace);
        }
    }

    /// <summary>An exec that is supervised, if it is that agent's.</summary>
    private ActiveExec? FindIn(AgentLink link, Guid key) =>
        _active.TryGetValue(key, out var active) && active.Container == link.Container ? active : null;

    private ActiveExec Watch(Exec exec, ContainerId container, bool recovered = false)
    {
        var active = recorder.Open(exec, container, recovered);
        _active[exec.Id.Value] = active;
        _ = RunAsync(active);
        return active;
    }

    private void Remove(ActiveExec active)
    {
        _active.TryRemove(active.Exec.Id.Value, out _);
        slots.Release(active.Exec);
    }

    private async Task RunAsync(ActiveExec active)
    {
        CallDeadline.Leave();
        try
        {
            while (await active.Arrivals.WaitToReadAsync())
            {
                while (active.Arrivals.TryRead(out var arrival))
                {
                    if (arrival.Content is not null)
                        await recorder.WriteOutputAsync(active, arrival);
                    else if (arrival.Background is { } background)
                        await EnterBackgroundAsync(active, background);
                    else if (await FinishAsync(active, arrival))
                        return;
                }
                // One acknowledgement for all that had piled up.
                Acknowledge(active, exit: false);
                active.Notify();
            }
        }
        catch (Exception e)
        {
            LogFailed(logger, active.Exec.Id, e);
        }
    }

    /// <returns>Always true: nothing follows the end.</returns>
    private async Task<bool> FinishAsync(ActiveExec active, ActiveExec.Arrival arrival)
    {
        await active.Announced;
        if (active.Exec.Finished)
        {
            await DrainAsync(active);
            return true;
        }
        var end = await recorder.WriteEndAsync(active, arrival.Exit, background: null);
        Acknowledge(active, exit: true);
        Remove(active);
        metrics.Execs.Ended(end.Outcome, end.Wall);
        active.Finish(end.Exec);
        LogEnd(end);
        return true;
    }

    /// <summary>
    /// The command has ended, and processes of it still run: it gives its slot back, and is supervised until they have ended.
    /// </summary>
    private async Task EnterBackgroundAsync(ActiveExec active, ExecBackground background)
    {
        await active.Announced;
        if (active.Exec.Finished)
            return;
        var end = await recorder.WriteEndAsync(active, background.Leader, background);
        slots.Release(active.Exec);
        metrics.Execs.Ended(end.Outcome, end.Wall);
        metrics.Execs.EnteredBackground();
        active.Update(end.Exec);
        LogEnd(end);
    }

    private async Task DrainAsync(ActiveExec active)
    {
        var drained = await recorder.WriteDrainAsync(active);
        Acknowledge(active, exit: true);
        Remove(active);
        metrics.Execs.LeftBackground();
        active.Finish(drained);
        LogDrained(logger, drained.Id, drained.ContainerId);
    }

    private void LogEnd(RecordedEnd end) => LogFinished(
        logger, end.Exec.Id, end.Exec.ContainerId, end.Outcome, end.Exec.ExitCode, Math.Round(end.Wall.TotalMilliseconds, 1));

    private void Acknowledge(ActiveExec active, bool exit)
    {
        if (_links.TryGetValue(active.Container, out var link))
            link.Acknowledge(new ExecAck(active.Exec.Id.Value, (ulong)active.Log.EndOffset, exit));
    }

    [LoggerMessage(LogLevel.Information, "Exec finished")]
    private static partial void LogFinished(
        ILogger logger, ExecId execId, WorkspaceId containerId, string outcome, int? exitCode, double durationMs);

    [LoggerMessage(LogLevel.Information, "Background processes of an exec have ended")]
    private static partial void LogDrained(ILogger logger, ExecId execId, WorkspaceId containerId);

    [LoggerMessage(LogLevel.Warning, "Container of a workspace ended")]
    private static partial void LogLost(ILogger logger, WorkspaceId containerId);

    [LoggerMessage(LogLevel.Error, "Supervision of an exec failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, ExecId execId, Exception exception);
}
