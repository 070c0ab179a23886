using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>
/// Content that an agent has sent and that has not been taken yet: one run of bytes, whatever the pieces it came in, within the credit.
/// </summary>
internal sealed class ReceivedContent
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;
    private byte[]? _buffer;
    private int _length;
    private long _credit = Protocol.InitialCredit;
    private bool _isUnwanted, _isComplete, _isEnded;
    private Exception? _failure;

    /// <exception cref="ProtocolException">It is empty, more than the credit, or comes after the end.</exception>
    public void Add(ReadOnlySpan<byte> content)
    {
        // It would cost no credit, so there would be no end to it.
        if (content.IsEmpty)
            throw new ProtocolException("the agent sent a piece of content without any");
        lock (_lock)
        {
            if (_isComplete)
                throw new ProtocolException("the agent sent content after its end");
            if ((_credit -= content.Length) < 0)
                throw new ProtocolException("the agent sent more than its credit");
            if (_isUnwanted || _isEnded)
                return;
            Append(content);
            Wake();
        }
    }

    /// <summary>The agent reports that the content is complete.</summary>
    /// <exception cref="ProtocolException">It did so before.</exception>
    public void Complete()
    {
        lock (_lock)
        {
            if (_isComplete)
                throw new ProtocolException("the agent ended its content twice");
            _isComplete = true;
            Wake();
        }
        End(null);
    }

    /// <summary>Nothing more comes. What is there can still be taken.</summary>
    /// <param name="failure">Thrown after it; null for a good end.</param>
    public void End(Exception? failure)
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            (_isEnded, _failure) = (true, failure);
            Wake();
        }
    }

    /// <summary>Drops the content that has arrived and all that follows.</summary>
    public void Discard()
    {
        lock (_lock)
            (_isUnwanted, _buffer, _length) = (true, null, 0);
    }

    /// <summary>All that is there, waiting for some. Null at the end.</summary>
    public async ValueTask<byte[]?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (_length > 0)
                    return Take();
                if (_failure is not null)
                    throw _failure;
                if (_isEnded)
                    return null;
                waiting = (_waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await waiting.WaitAsync(cancellationToken);
        }
    }

    private byte[] Take()
    {
        var content = _length == _buffer!.Length ? _buffer : _buffer[.._length];
        if (content == _buffer)
            _buffer = null;
        _credit += _length;
        _length = 0;
        return content;
    }

    private void Append(ReadOnlySpan<byte> content)
    {
        if (_buffer is null)
            _buffer = content.ToArray();
        else
        {
            if (_buffer.Length - _length < content.Length)
                Array.Resize(ref _buffer, Math.Min(Protocol.InitialCredit, Math.Max(_buffer.Length * 2, _length + content.Length)));
            content.CopyTo(_buffer.AsSpan(_length));
        }
        _length += content.Length;
    }

    private void Wake()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }
}
