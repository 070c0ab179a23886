using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Agents;

/// <summary>
/// The lasting tie to one container's agent: whichever stream is up now, and the work of getting another one when it ends. The first stream is an
/// attach that was there before the container started; later ones are a new attach, or, where that does not answer, the bridge.
/// </summary>
internal sealed partial class AgentLink : IAsyncDisposable
{
    private static readonly TimeSpan AttachTimeout = TimeSpan.FromSeconds(3), BridgeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>An agent that breaks the protocol after each reconnect must not fill the audit record.</summary>
    private static readonly TimeSpan _reportInterval = TimeSpan.FromMinutes(10);

    private readonly AgentDirectory _directory;
    private readonly byte[] _secret;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<AgentConnection> _connected = NotConnected();
    private Task _running = Task.CompletedTask;
    private readonly Heartbeat _heartbeat;
    private long? _reportedAt;

    public AgentLink(AgentDirectory directory, string dockerId, byte[] secret)
    {
        (_directory, DockerId, _secret, _heartbeat) = (directory, dockerId, secret, new Heartbeat(directory.Metrics, directory.Time));
    }

    public string DockerId { get; }

    public EngineContainers Containers => _directory.Containers;

    /// <summary>Why the last attempt to connect failed; null if it did not.</summary>
    public RequestException? Failure { get; private set; }

    public bool IsConnected => _connected.Task.IsCompletedSuccessfully;

    /// <summary>The first stream: attached before <paramref name="start"/>, so that nothing else can have spoken to the agent.</summary>
    public async Task OpenAsync(Func<CancellationToken, Task> start, CancellationToken cancellationToken)
    {
        var stream = await _directory.Streams.AttachAsync(DockerId, cancellationToken);
        try
        {
            await start(cancellationToken);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(BridgeTimeout);
        AgentConnection connection;
        try
        {
            connection = await AgentConnection.OpenAsync(stream, _secret, _directory.Build, _directory.Time, patience.Token);
        }
        catch (Exception e) when (e is IOException or ProtocolException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new RequestException(ErrorCode.ServerError, "The container started, but the agent in it did not answer.", "Try another image; if it stays so, ask the operator to look at Docker.", inner: e);
        }
        _running = RunAsync(connection);
    }

    /// <summary>Takes up the tie to a container that runs already.</summary>
    public void Resume() => _running = RunAsync(null);

    /// <summary>The stream, waiting for a new one if there is none at the moment.</summary>
    /// <exception cref="RequestException">workspace_lost.</exception>
    public Task<AgentConnection> ConnectionAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Ended, and nobody has noticed yet.
            if (_connected.Task is { IsCompletedSuccessfully: true, Result.Closed.IsCancellationRequested: true })
                _connected = NotConnected();
            return _connected.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>One request, one answer.</summary>
    /// <param name="repeatable">Doing it twice is as good as once, so it is done again when the stream breaks in between.</param>
    public async Task<T> RequestAsync<T>(Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var connection = await ConnectionAsync(cancellationToken);
            try
            {
                return await connection.CallAsync(opcode, write, call => call.AnswerAsync(read, cancellationToken));
            }
            catch (RequestException) when (repeatable && attempt < 3 && connection.Closed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Broken in between: once more on the next stream.
            }
        }
    }

    /// <summary>Tells the agent what is safe. Without a stream it is not told: the next one begins with the same news.</summary>
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
            // A defect of ours: whoever waits for the end is still to be told of it.
            LogFailed(_directory.Logger, DockerId, e);
        }
        lock (_lock)
        {
            if (_connected.TrySetException(AgentErrors.WorkspaceLost()))
                _ = _connected.Task.Exception;
        }
    }

    private async Task RunAsync(AgentConnection? connection)
    {
        // The stream outlives the call that opened it: what is done for it later is no part of that call.
        Spans.Leave();
        CallDeadline.Leave();
        var attempt = 0;
        // Why the last stream ended; before the first one, because another server had it.
        var reason = "server_start";
        while (!_stopping.IsCancellationRequested)
        {
            if (connection is null)
            {
                connection = await ReconnectAsync(attempt++);
                if (connection is null)
                    continue;
                _directory.Metrics.Reconnected(reason);
            }
            Failure = null;
            lock (_lock)
                _connected.TrySetResult(connection);
            var since = _directory.Time.GetTimestamp();
            using (var watch = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, connection.Closed))
            using (_stopping.Token.Register(connection.Dispose))
            {
                connection.Answered = _heartbeat.Answered;
                var pinging = _heartbeat.RunAsync(connection, watch.Token);
                try
                {
                    await connection.RunAsync(this, _directory.Listener);
                    reason = "closed";
                    LogEnded(_directory.Logger, DockerId);
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
                    LogBroken(_directory.Logger, DockerId, e.Message);
                }
                catch (Exception e)
                {
                    reason = "broken";
                    // A defect of ours: it must not cost the workspace its stream for good.
                    LogFailed(_directory.Logger, DockerId, e);
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
            if (connection.Pongs > 0 && _directory.Time.GetElapsedTime(since) >= Heartbeat.Interval)
                attempt = 0;
            connection = null;
        }
    }

    private void Report(ProtocolException broken)
    {
        _directory.Metrics.ProtocolBroken();
        LogProtocolError(_directory.Logger, DockerId, broken.Message);
        if (_reportedAt is { } last && _directory.Time.GetElapsedTime(last) < _reportInterval)
            return;
        _reportedAt = _directory.Time.GetTimestamp();
        _directory.ProtocolBroken(DockerId, broken.Message);
    }

    /// <returns>Null: not this time. The link has been stopped if the container is gone.</returns>
    private async Task<AgentConnection?> ReconnectAsync(int attempt)
    {
        try
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(attempt, 8), 5000)), _directory.Time, _stopping.Token);
            if (await _directory.Containers.StateAsync(DockerId, _stopping.Token) is not ("running" or "paused" or "created"))
            {
                GiveUp();
                return null;
            }
            return await TryAsync(_directory.Streams.AttachAsync(DockerId, _stopping.Token), AttachTimeout)
                ?? await TryAsync(_directory.Streams.BridgeAsync(DockerId, _stopping.Token), BridgeTimeout);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            Failure = e as RequestException;
            // What is wrong with the engine may pass: it must not cost the workspace its stream for good.
            LogNotReconnected(_directory.Logger, DockerId, e.Message);
            return null;
        }
    }

    private async Task<AgentConnection?> TryAsync(Task<EngineStream> stream, TimeSpan patience)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        deadline.CancelAfter(patience);
        try
        {
            var connection = await AgentConnection.OpenAsync(await stream, _secret, _directory.Build, _directory.Time, deadline.Token);
            LogReconnected(_directory.Logger, DockerId, connection.Welcome.Execs.Count);
            return connection;
        }
        catch (ProtocolException e)
        {
            Report(e);
            return null;
        }
        catch (Exception e) when (e is not RequestException)
        {
            LogNotReconnected(_directory.Logger, DockerId, e.Message);
            return null;
        }
    }

    private static TaskCompletionSource<AgentConnection> NotConnected() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void GiveUp()
    {
        _stopping.Cancel();
        _directory.Drop(this);
        try
        {
            // Before those who wait: they find the workspace marked as stopped, and resume it.
            _directory.Listener.Lost(DockerId);
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

    [LoggerMessage(LogLevel.Debug, "The stream to an agent ended")]
    private static partial void LogEnded(ILogger logger, string dockerId);

    [LoggerMessage(LogLevel.Information, "The stream to an agent is up again")]
    private static partial void LogReconnected(ILogger logger, string dockerId, int execCount);

    [LoggerMessage(LogLevel.Information, "The stream to an agent broke")]
    private static partial void LogBroken(ILogger logger, string dockerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Information, "A stream to an agent could not be opened and will be tried again")]
    private static partial void LogNotReconnected(ILogger logger, string dockerId, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Error, "Listening to an agent failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, string dockerId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "An agent broke the protocol")]
    private static partial void LogProtocolError(ILogger logger, string dockerId, [Untrusted] string reason);
}
