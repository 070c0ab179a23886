using System.Buffers;
using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Execs;

/// <summary>
/// Watches over every running command: takes what its agent sends, writes it down, acknowledges it, and sees to its end. After a restart it takes up
/// every command that the database says is running.
/// </summary>
internal sealed partial class ExecSupervisor(
    ExecOptions options, ExecSlots slots, ExecStore store, OutputFolder folder, WorkspaceDirectory workspaces,
    ExecKeys keys, MetricCatalogue metrics, TimeProvider time, ILogger<ExecSupervisor> logger) : AgentListener
{
    /// <summary>An agent ends the oldest before it has more commands in the background.</summary>
    private const int MaxBackground = Protocol.MaxExecs;

    private static readonly TimeSpan DiskTimeout = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, ActiveExec> _active = [];
    private readonly DisownedExecs _disowned = new();

    /// <summary>Of containers that have not been lost: what is acknowledged while one is disconnected is sent again by its handshake.</summary>
    private readonly ConcurrentDictionary<ContainerId, AgentLink> _links = [];

    /// <summary>
    /// Told of every end before it is written down and acknowledged, so that a crash in between tells it again; the flag says that this may be so. A refusal
    /// is a reason to try again. Set once, at start.
    /// </summary>
    public Func<Exec, bool, Task> Finished { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>
    /// Called with each exec whose start the last server left unsettled, when its agent is connected. Set once, at start.
    /// </summary>
    public Action<ActiveExec, AgentLink> FoundUnsettled { get; set; } = (_, _) => { };

    /// <summary>Takes up what was running when the last server ended. Before the first agent is connected.</summary>
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

    /// <summary>Begins to watch over a command that has a slot; the slot is released with it.</summary>
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

    /// <summary>It is not known whether it began. That is written down, so that a restarted server asks too.</summary>
    public void Doubt(ActiveExec active)
    {
        active.Doubt();
        metrics.Execs.Doubted();
        try
        {
            store.Doubt(active.Exec.Id);
        }
        catch (RequestException e)
        {
            LogDiskFull(logger, active.Exec.Id, e.Message);
        }
    }

    /// <summary>Every command that is watched over.</summary>
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
        var disowned = welcome.Execs.Where(position => FindIn(link, position.Key) is null).ToList();
        foreach (var position in disowned)
            RequireOurs(position.Key, workspace);
        _disowned.Set(link.Container, disowned.Select(position => position.Key));
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
        foreach (var position in disowned)
            Disown(link, position);
        foreach (var active in _active.Values)
        {
            if (active.Container == link.Container && active is { Recovered: true, Exec.Unsettled: true })
                FoundUnsettled(active, link);
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
        _disowned.CountOutput(link.Container, header.Key, content.Length);
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
        _disowned.Require(link.Container, background.Leader.Key);
        return false;
    }

    public override bool Exited(AgentLink link, ExecExited exit)
    {
        if (FindIn(link, exit.Key) is { } active)
            return active.Arrive(exit);
        _disowned.End(link.Container, exit.Key);
        link.Acknowledge(new ExecAck(exit.Key, exit.Produced, Exit: true));
        return true;
    }

    public override void Lost(ContainerId container)
    {
        _links.TryRemove(container, out _);
        _disowned.Forget(container);
        foreach (var active in _active.Values.Where(active => active.Container == container))
            active.Lose();
        // One that is being removed ends as it should.
        if (workspaces.FindByContainer(container) is { Status: WorkspaceStatus.Running } workspace)
        {
            LogLost(logger, workspace.Id);
            workspaces.MarkStopped(workspace);
        }
    }

    /// <summary>A command that is watched over, if it is that agent's.</summary>
    private ActiveExec? FindIn(AgentLink link, Guid key) =>
        _active.TryGetValue(key, out var active) && active.Container == link.Container ? active : null;

    /// <summary>Also without a row: it may have expired, or the database may have been lost.</summary>
    private void RequireOurs(Guid key, Workspace? workspace)
    {
        var id = new ExecId(key);
        if (workspace is null || (!keys.IsOurs(id, workspace.Id) && store.Find(id)?.ContainerId != workspace.Id))
            throw new ProtocolException($"the agent lists the command {id}, which this server did not start there");
    }

    private ActiveExec Watch(Exec exec, ContainerId container, bool recovered = false)
    {
        var active = new ActiveExec(exec, container, folder.Open(exec.Id)) { Recovered = recovered };
        _active[exec.Id.Value] = active;
        _ = RunAsync(active);
        return active;
    }

    private void Remove(ActiveExec active)
    {
        _active.TryRemove(active.Exec.Id.Value, out _);
        slots.Release(active.Exec);
    }

    /// <summary>An exec that nobody watches over: one whose end we wrote down but could not acknowledge any more, or one that we never knew.</summary>
    private void Disown(AgentLink link, ExecPosition position)
    {
        link.Acknowledge(new ExecAck(position.Key, position.Acknowledged, Exit: false));
        // What a known one left running in the background may go on; its exit is acknowledged when it is told again.
        if (store.Find(new ExecId(position.Key)) is not null)
            return;
        UnwantedExec.End(link, new ExecId(position.Key), time);
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
                        await StoreAsync(active, arrival);
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

    private async Task StoreAsync(ActiveExec active, ActiveExec.Arrival arrival)
    {
        var droppedBefore = active.Log.DroppedBytes;
        for (var warned = false; ; warned = true)
        {
            try
            {
                folder.RequireRoom();
                active.Log.Append((byte)arrival.Stream, arrival.UnixMicroseconds, arrival.Content.AsSpan(0, arrival.Length));
                break;
            }
            catch (IOException e)
            {
                // Not acknowledged, so the agent keeps it and the process waits on its pipe: a full disk delays, it does not lose.
                if (!warned)
                    LogDiskFull(logger, active.Exec.Id, e.Message);
                await Task.Delay(DiskTimeout, time);
            }
        }
        ArrayPool<byte>.Shared.Return(arrival.Content!);
        var stream = OutputPager.NameOf((byte)arrival.Stream);
        metrics.Execs.OutputReceived(stream, arrival.Length);
        if (active.Log.DroppedBytes - droppedBefore is > 0 and var dropped)
            metrics.Execs.OutputDropped(stream, dropped);
        active.Wrote(time.GetTimestamp());
    }

    private void Acknowledge(ActiveExec active, bool exit)
    {
        if (_links.TryGetValue(active.Container, out var link))
            link.Acknowledge(new ExecAck(active.Exec.Id.Value, (ulong)active.Log.EndOffset, exit));
    }

    [LoggerMessage(LogLevel.Warning, "The output or end of an exec cannot be written down and will be tried again")]
    private static partial void LogDiskFull(ILogger logger, ExecId execId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Warning, "The container of a workspace has ended")]
    private static partial void LogLost(ILogger logger, WorkspaceId containerId);

    [LoggerMessage(LogLevel.Error, "The watch over an exec failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, ExecId execId, Exception exception);
}
