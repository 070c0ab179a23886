using McpDevBench.Observability.Health;

namespace McpDevBench.Execs;

/// <summary>At start, before the first agent is connected: resumes every exec that ran when the last server ended.</summary>
internal sealed class ExecRecovery : IHostedService
{
    private readonly ExecSupervisor _supervisor;
    private readonly StarvedEnds _ends;
    private readonly ExecStore _store;
    private readonly StatusReporter _status;

    public ExecRecovery(
        ExecSupervisor supervisor, ExecStarter starter, StarvedEnds ends, ExecStore store, StatusReporter status)
    {
        (_supervisor, _ends, _store, _status) = (supervisor, ends, store, status);
        supervisor.FoundUnsettled += starter.Resume;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _supervisor.Recover();
        foreach (var active in _supervisor.Active)
            _ends.ExpectAtTimeout(active);
        _status.RegisterUsage("execs", () => (_store.Running().Count(exec => !exec.Finished), null));
        _status.RegisterUsage("background_execs", () => (_store.Running().Count(exec => exec.Finished), null));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
