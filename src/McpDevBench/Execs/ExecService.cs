namespace McpDevBench.Execs;

internal sealed class ExecService
{
    public Task<Exec> StartAsync(string owner, ExecRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<ExecResult> RunAsync(string owner, ExecRequest request, int waitMs, int maxOutputBytes, Func<OutputMessage, ValueTask>? onOutput, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<OutputPage> PollAsync(string owner, PollRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <returns>Bytes taken; false when the process takes no more.</returns>
    public Task<(int Taken, bool Open)> InputAsync(string owner, string execId, byte[] data, bool eof, (int Rows, int Cols)? resize, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Exec> SignalAsync(string owner, string execId, int signal, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Exec> CancelAsync(string owner, string execId, double graceSeconds, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ExecPage List(string owner, string? container, bool includeFinished, string? cursor) => throw new NotImplementedException();

    /// <summary>All that the log has, as bytes; for the resource <c>exec://…/log</c>.</summary>
    public Task<(Exec Exec, byte[] Log)> ReadLogAsync(string owner, string execId, CancellationToken cancellationToken) => throw new NotImplementedException();
}
