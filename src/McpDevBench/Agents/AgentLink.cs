using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Agents;

/// <summary>
/// The lasting connection to one container's agent: the stream that is up now, and reconnecting when it ends.
/// </summary>
internal sealed partial class AgentLink(
    AgentTransport transport, byte[] secret, AgentListener listener, AgentMetrics metrics, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>An agent that breaks the protocol after each reconnect must not fill the audit record.</summary>
    private static readonly TimeSpan _reportInterval = TimeSpan.FromMinutes(10);

    /// <summary>Our version, for the hello.</summary>
    private static readonly string _build = typeof(AgentLink).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Heartbeat _heartbeat = new(metrics, time);
    private TaskCompletionSource<AgentConnection> _connected = NotConnected();
    private Task _running = Task.CompletedTask;
    private long? _reportedAt;

    /// <summary>The container is gone. Raised once, before those who wait for a stream get the error.</summary>
    public event Action? Ended;

    /// <summary>The agent has broken the protocol, with the reason. Raised at most once in ten minutes.</summary>
    public event Action<string>? ProtocolBroken;

    public ContainerId Container => transport.Container;

    /// <summary>Why the last attempt to connect failed; null if it did not.</summary>
    public RequestException? Failure { get; private set; }

    public bool IsConnected => _connected.Task.IsCompletedSuccessfully;

    /// <summary>The state of the container, asked of the engine now.</summary>
    public Task<ContainerState> StateAsync(CancellationToken cancellationToken) => transport.StateAsync(cancellationToken);

    /// <summary>Greets the agent of a container that was just started, and owns the stream from here on.</summary>
    /// <exception cref="RequestException">server_error: no agent answers.</exception>
    public async Task OpenAsync(EngineStream stream, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(GreetingTimeout);
        AgentConnection connection;
        try
        {
            connection = await AgentConnection.OpenAsync(stream, secret, _build, time, timeout.Token);
        }
        catch (Exception e) when (e is IOException or ProtocolException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new RequestException(
                ErrorCode.ServerError, "The container started, but the agent in it did not answer.",
                "Try another image; if it stays so, ask the operator to look at Docker.", inner: e);
        }
        _running = RunAsync(connection);
    }

    /// <summary>Connects to a container that runs already, in the background.</summary>
    public void Resume() => _running = RunAsync(null);

    /// <summary>The stream, waiting for a new one if there is none at the moment.</summary>
    /// <exception cref="RequestException">workspace_lost.</exception>
    public Task<AgentConnection> ConnectionAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // It has ended, and the read loop has not noticed yet.
            if (_connected.Task is { IsCompletedSuccessfully: true, Result.Closed.IsCancellationRequested: true })
                _connected = NotConnected();
            return _connected.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>One request, one answer.</summary>
    /// <param name="repeatable">Doing it twice is as good as once, so it is done again when the stream breaks in between.</param>
    public async Task<T> RequestAsync<T>(
        Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var connection = await ConnectionAsync(cancellationToken);
            try
            {
                return await connection.CallAsync(opcode, write, call => call.AnswerAsync(read, cancellationToken));
            }
            catch (RequestException) when (repeatable && attempt < 3
                && connection.Closed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Broken in between: once more on the next stream.
            }
        }
    }

    /// <summary>Sends an ack. Dropped while disconnected: the reconnect handshake resends it.</summary>
    public void Acknowledge(ExecAck ack)
    {
        var connected = _connected.Task;
        if (connected.IsCompletedSuccessfully)
            _ = connected.Result.AcknowledgeAsync(ack);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stopping.CancelAsync();
            await _running;
        }
        catch (Exception e)
        {
            // A defect of ours: what waits for the end has to learn of it all the same.
            LogFailed(logger, Container, e);
        }
        lock (_lock)
        {
            if (_connected.TrySetException(AgentErrors.WorkspaceLost()))
                _ = _connected.Task.Exception;
        }
    }

    private async Task RunAsync(AgentConnection? connection)
    {
        // The stream outlives the call that opened it: what is done for it later is not part of that call.
        Spans.Detach();
        CallDeadline.Leave();
        var attempt = 0;
        // Why the last stream ended. Before the first one: another server had it.
        var reason = "server_start";
        while (!_stopping.IsCancellationRequested)
        {
            if (connection is null)
            {
                connection = await ReconnectAsync(attempt++);
                if (connection is null)
                    continue;
                metrics.Reconnected(reason);
            }
            Failure = null;
            lock (_lock)
                _connected.TrySetResult(connection);
            var since = time.GetTimestamp();
            using (var watch = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, connection.Closed))
            using (_stopping.Token.Register(connection.Dispose))
            {
                connection.Answered = _heartbeat.Answered;
                var pinging = _heartbeat.RunAsync(connection, watch.Token);
                try
                {
                    await connection.RunAsync(this, listener);
                    reason = "closed";
                    LogEnded(logger, Container);
                }
                catch (ProtocolException e)
                {
                    reason = "protocol_error";
                    Report(e);
                    attempt = Math.Max(attempt, 3);
                }
                catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
                {
                    reason = "broken";
                    LogBroken(logger, Container, e.Message);
                }
                catch (Exception e)
                {
                    reason = "broken";
                    // A defect of ours: it must not cost the workspace its stream for good.
                    LogFailed(logger, Container, e);
                }
                if (await pinging)
                    reason = "no_pong";
            }
            lock (_lock)
            {
                if (_connected.Task is { IsCompletedSuccessfully: true } connected && connected.Result == connection)
                    _connected = NotConnected();
            }
            // The first ping is sent at once: an answer to it alone says nothing of how long the stream will last.
            if (connection.Pongs > 0 && time.GetElapsedTime(since) >= Heartbeat.Interval)
                attempt = 0;
            connection = null;
        }
    }

    private void Report(ProtocolException broken)
    {
        metrics.ProtocolBroken();
        LogProtocolError(logger, Container, broken.Message);
        if (_reportedAt is { } last && time.GetElapsedTime(last) < _reportInterval)
            return;
        _reportedAt = time.GetTimestamp();
        ProtocolBroken?.Invoke(broken.Message);
    }

    /// <returns>Null: not this time. The link has been stopped if the container is gone.</returns>
    private async Task<AgentConnection?> ReconnectAsync(int attempt)
    {
        try
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(attempt, 8), 5000)), time, _stopping.Token);
            if (await transport.StateAsync(_stopping.Token)
                is not (ContainerState.Running or ContainerState.Paused or ContainerState.Created))
            {
                GiveUp();
                return null;
            }
            foreach (var way in transport.Ways)
            {
                if (await TryAsync(way) is { } connection)
                    return connection;
            }
            return null;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            Failure = e as RequestException;
            // What is wrong with the engine may pass: it must not cost the workspace its stream for good.
            LogNotReconnected(logger, Container, e.Message);
            return null;
        }
    }

    private async Task<AgentConnection?> TryAsync(TransportWay way)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        deadline.CancelAfter(way.Timeout);
        try
        {
            // The engine has time limits of its own for opening the stream.
            var stream = await way.OpenAsync(_stopping.Token);
            var connection = await AgentConnection.OpenAsync(stream, secret, _build, time, deadline.Token);
            LogReconnected(logger, Container, connection.Welcome.Execs.Count);
            return connection;
        }
        catch (ProtocolException e)
        {
            Report(e);
            return null;
        }
        catch (Exception e) when (e is not RequestException)
        {
            LogNotReconnected(logger, Container, e.Message);
            return null;
        }
    }

    private static TaskCompletionSource<AgentConnection> NotConnected() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void GiveUp()
    {
        _stopping.Cancel();
        Ended?.Invoke();
        try
        {
            // Before those who wait: they find the workspace marked as stopped, and resume it.
            listener.Lost(Container);
        }
        finally
        {
            lock (_lock)
            {
                if (_connected.TrySetException(AgentErrors.WorkspaceLost()))
                    _ = _connected.Task.Exception;
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "Stream to an agent ended")]
    private static partial void LogEnded(ILogger logger, ContainerId dockerId);

    [LoggerMessage(LogLevel.Information, "Reconnected to agent")]
    private static partial void LogReconnected(ILogger logger, ContainerId dockerId, int execCount);

    [LoggerMessage(LogLevel.Information, "Stream to an agent broke")]
    private static partial void LogBroken(ILogger logger, ContainerId dockerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Information, "Could not connect to agent; retrying")]
    private static partial void LogNotReconnected(ILogger logger, ContainerId dockerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Error, "Reading from an agent failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, ContainerId dockerId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Agent broke the protocol")]
    private static partial void LogProtocolError(ILogger logger, ContainerId dockerId, [Untrusted] string reason);
}
