using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Containers;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <summary>Takes file operations to the right agent, one at a time as they come, and counts them.</summary>
internal sealed class WorkspaceFiles(WorkspaceDirectory workspaces, WorkspaceRecovery recovery, MetricCatalogue metrics, TimeProvider time)
{
    /// <summary>Long enough for a slow disk; what is larger streams, and has no limit while it moves.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="operation">Its name in metrics.</param>
    /// <param name="repeatable">Doing it twice is as good as once.</param>
    public Task<T> RequestAsync<T>(string owner, string container, string operation, Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, bool repeatable, CancellationToken cancellationToken) =>
        MeasuredAsync(operation, async () =>
        {
            using var deadline = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                return await recovery.UseAsync(owner, container, (_, link) => link.RequestAsync(opcode, write, read, repeatable, either.Token), either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new RefusalException(RefusalCode.Timeout, $"The workspace did not answer within {Patience.TotalSeconds:0} s.", "Call again, or ask for less at once; list_execs shows what keeps the workspace busy.", retryable: true);
            }
        });

    /// <summary>A request with content: gives <paramref name="action"/> the call, to send to or to receive from.</summary>
    public Task<T> StreamAsync<T>(string owner, string container, string operation, Opcode opcode, Action<MessageWriter> write, Func<AgentCall, Task<T>> action, CancellationToken cancellationToken) =>
        MeasuredAsync(operation, () => recovery.UseAsync(owner, container, async (_, link) =>
        {
            var connection = await link.ConnectionAsync(cancellationToken);
            return await connection.CallAsync(opcode, write, async call =>
            {
                await call.Sent;
                return await action(call);
            });
        }, cancellationToken));

    /// <summary>One key for one workspace, whether a call names it by id or by alias.</summary>
    public string KeyOf(string owner, string container) => workspaces.Find(owner, container).Id.ToString();

    private async Task<T> MeasuredAsync<T>(string operation, Func<Task<T>> action)
    {
        var started = time.GetTimestamp();
        var result = "success";
        try
        {
            return await action();
        }
        catch (Exception e)
        {
            result = RefusalCodes.NameOf(e);
            throw;
        }
        finally
        {
            metrics.Files.Done(operation, result, time.GetElapsedTime(started));
        }
    }
}
