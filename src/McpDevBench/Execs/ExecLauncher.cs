using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Starts a command that has been checked: takes a slot, has its agent start it, supervises it, and feeds its stdin.</summary>
internal sealed class ExecLauncher(
    ExecPlan plan, ExecLookup lookup, ExecSlots slots, ExecSupervisor supervisor, ExecStarter starter, StarvedEnds ends,
    MetricCatalogue metrics, TimeProvider time)
{
    public async Task<StartedExec> RunAsync(
        Workspace workspace, ExecRequest request, ExecStart start, Func<Task> onStarted, CancellationToken cancellationToken)
    {
        var asked = lookup.Noted(plan.Row(workspace, request, start));
        var (exec, queued) = await slots.TakeAsync(asked, plan.MaxQueueWait(request), cancellationToken);
        var began = time.GetTimestamp();
        var active = supervisor.Admit(exec, workspace.Container!);
        try
        {
            var link = await starter.StartAsync(active, start, cancellationToken);
            metrics.Execs.Started(time.GetElapsedTime(began));
            ends.ExpectAtTimeout(active);
            await AnnounceAsync(link, exec.Id, onStarted);
            if (request.Stdin is { } stdin)
                _ = ExecFeed.FeedAllAsync(link, active, Encoding.UTF8.GetBytes(stdin), eof: !request.StdinOpen);
        }
        finally
        {
            active.Announce();
        }
        return new StartedExec(active.Exec, queued);
    }

    private async Task AnnounceAsync(AgentLink link, ExecId id, Func<Task> onStarted)
    {
        try
        {
            await onStarted();
        }
        catch (RequestException)
        {
            BackgroundCancel.End(link, id, time);
            throw;
        }
    }
}
