using System.Buffers.Binary;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>One request under way: its answer, and content to or from the agent within the credit of either side.</summary>
internal sealed class AgentCall(AgentConnection connection, uint channel)
{
    /// <summary>For the answer of a request that is cancelled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<byte[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReceivedContent _received = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sendCredit = Protocol.InitialCredit;
    private bool _cancelled, _hasWaited;

    public uint Channel => channel;

    /// <summary>Cancelled when its caller has gone: a request that has not been sent by then is not sent.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>The sending of the request itself.</summary>
    public Task Sent { get; set; } = Task.CompletedTask;

    /// <summary>Whether the agent has answered, or never will: content that is still to be sent will not be wanted.</summary>
    public bool Answered => _answer.Task.IsCompleted;

    /// <summary>Whether the agent has answered.</summary>
    public bool HasAnswer => _answer.Task.IsCompletedSuccessfully;

    /// <summary>
    /// Waits for the answer. Cancellation gives the request up on the agent's side too; an answer that was under way then still counts.
    /// </summary>
    /// <exception cref="RequestException">The agent answered with an error, or the stream broke, also by a malformed answer: it ends the
    /// stream.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and the agent confirms that or does not answer.</exception>
    public async Task<T> AnswerAsync<T>(ReadMessage<T> read, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(cancellationToken);
        try
        {
            var reader = new MessageReader(answer) { Version = connection.Version };
            var status = (AgentStatus)reader.Byte();
            if (status == AgentStatus.Cancelled)
                cancellationToken.ThrowIfCancellationRequested();
            if (status != AgentStatus.Ok)
                throw AgentErrors.Of(status, System.Text.Encoding.UTF8.GetString(reader.Rest));
            return read(ref reader);
        }
        catch (ProtocolException broken)
        {
            connection.Break(broken);
            throw AgentErrors.StreamLost();
        }
    }

    /// <summary>Waits for the answer of a request whose caller has gone, for as long as its stream lives.</summary>
    /// <returns>The agent's status; null if the stream ended without an answer.</returns>
    public async Task<AgentStatus?> LateAnswerAsync()
    {
        try
        {
            return await _answer.Task is [var status, ..] ? (AgentStatus)status : null;
        }
        catch (RequestException)
        {
            return null;
        }
    }

    /// <summary>Tells the agent to give the request up; its answer still comes.</summary>
    public void Cancel()
    {
        if (!Interlocked.Exchange(ref _cancelled, true))
            _ = connection.PostAsync(FrameKind.Cancel, channel, ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>
    /// Gives the request up and waits until the agent has undone what it had begun: what is reported as not done must not be seen half
    /// done.
    /// </summary>
    public async Task SettleAsync()
    {
        if (Answered)
            return;
        Cancel();
        if (Sent.IsCompletedSuccessfully && !_hasWaited)
            await Task.WhenAny(_answer.Task, Task.Delay(Grace));
    }

    /// <summary>Sends content, waiting for credit. Stops early, without an error, once the agent has answered.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty)
        {
            var length = (int)Math.Min(Math.Min(content.Length, Protocol.MaxData), Volatile.Read(ref _sendCredit));
            if (length == 0)
            {
                Task granted;
                lock (_lock)
                {
                    if (_sendCredit > 0)
                        continue;
                    granted = _granted.Task;
                }
                await Task.WhenAny(granted, _answer.Task).WaitAsync(cancellationToken);
            }
            if (Answered)
                return;
            if (length == 0)
                continue;
            Interlocked.Add(ref _sendCredit, -length);
            await connection.SendAsync(FrameKind.Data, channel, content[..length], cancellationToken);
            CallDeadline.Current?.Moved(length);
            content = content[length..];
        }
    }

    public Task SendEndAsync() => connection.SendEndAsync(channel);

    /// <summary>The next piece of content from the agent; null when it is complete, or the agent answered without any.</summary>
    public async ValueTask<byte[]?> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (await _received.TakeAsync(cancellationToken) is not { } content)
            return null;
        var credit = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(credit, (uint)content.Length);
        await connection.SendAsync(FrameKind.Credit, channel, credit, cancellationToken);
        CallDeadline.Current?.Moved(content.Length);
        return content;
    }

    /// <summary>The caller has gone. The agent still has to answer.</summary>
    public void Abandon()
    {
        _received.Discard();
        if (Answered)
            return;
        _gone.Cancel();
        Cancel();
    }

    internal void Answer(ReadOnlySpan<byte> answer)
    {
        _received.End(null);
        _answer.TrySetResult(Gone.IsCancellationRequested ? [] : answer.ToArray());
    }

    /// <exception cref="ProtocolException">More than the agent may send.</exception>
    internal void Receive(ReadOnlySpan<byte> content) => _received.Add(content);

    /// <exception cref="ProtocolException">Not the first end.</exception>
    internal void ReceiveEnd() => _received.Complete();

    /// <exception cref="ProtocolException">For more than was sent: credit would add up without end.</exception>
    internal void Grant(uint bytes)
    {
        lock (_lock)
        {
            if (bytes == 0 || Interlocked.Add(ref _sendCredit, bytes) > Protocol.InitialCredit)
                throw new ProtocolException($"the agent grants {bytes} bytes of credit, which is none or more than it was sent");
            _granted.TrySetResult();
            _granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal void Break()
    {
        var lost = AgentErrors.StreamLost();
        _received.End(lost);
        if (_answer.TrySetException(lost))
            _ = _answer.Task.Exception;
    }

    private async Task<byte[]> AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Sent.WaitAsync(cancellationToken);
            return await _answer.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Cancel();
        }
        try
        {
            return await _answer.Task.WaitAsync(Grace, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _hasWaited = true;
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
