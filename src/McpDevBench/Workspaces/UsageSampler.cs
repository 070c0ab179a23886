using McpDevBench.Agents;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Workspaces;

/// <summary>
/// Asks the agents what their workspaces use, all at once and every few seconds. A scrape finds the answers in memory: it waits for no
/// workspace, and costs Docker nothing.
/// </summary>
internal sealed partial class UsageSampler(
    WorkspaceDirectory workspaces, AgentDirectory agents, DiskReadings disk, MetricCatalogue metrics, TimeProvider time,
    ILogger<UsageSampler> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(1);

    /// <summary>For so many rounds a workspace that does not answer is shown as it was.</summary>
    private const int MaxMissed = 3;

    private volatile Dictionary<WorkspaceId, Reading> _readings = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.BeforeCollect(Show);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await SampleAsync();
            }
            catch (Exception e)
            {
                LogFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SampleAsync()
    {
        var readings = new Dictionary<WorkspaceId, Reading>();
        var asked = LastUsedFirst().Select(async workspace => (workspace, await agents.UseAsync(workspace.Container!, Timeout)));
        foreach (var (workspace, use) in await Task.WhenAll(asked))
        {
            if (use is { } answer)
                readings[workspace.Id] = new Reading(answer, Missed: 0);
            else if (_readings.TryGetValue(workspace.Id, out var last) && last.Missed < MaxMissed)
                readings[workspace.Id] = last with { Missed = last.Missed + 1 };
        }
        _readings = readings;
    }

    /// <summary>At each scrape, so that a workspace that has just been removed is not shown any more.</summary>
    private void Show()
    {
        var readings = _readings;
        metrics.Usage.Measured(LastUsedFirst().Where(workspace => readings.ContainsKey(workspace.Id))
            .Select(
                workspace => (
                    WorkspaceContainers.NameOf(workspace.Id), workspace.Image,
                    readings[workspace.Id].Use with { DiskBytes = disk.BytesOf(workspace.Id) })));
    }

    private IEnumerable<Workspace> LastUsedFirst() =>
        workspaces.All.Where(workspace => workspace.Status == WorkspaceStatus.Running)
            .OrderByDescending(workspace => workspace.LastUsedAt).Take(UsageMetrics.Capacity);

    private readonly record struct Reading(ResourceUse Use, int Missed);

    [LoggerMessage(LogLevel.Error, "Asking what the workspaces use failed")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
