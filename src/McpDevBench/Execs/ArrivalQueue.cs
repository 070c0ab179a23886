using System.Buffers;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Execs;

/// <summary>
/// What an agent has sent of a command and is not written down yet, in order. Small pieces that wait are gathered; their number is bounded,
/// as their bytes are.
/// </summary>
internal sealed class ArrivalQueue
{
    /// <summary>Pieces of output that may wait. They only pile up while the disk is slow.</summary>
    public const int MaxPieces = 4096;

    /// <summary>Room for the pieces that follow one that has to wait.</summary>
    private const int GatheredBytes = 4096;

    private readonly Lock _lock = new();
    private readonly LinkedList<ActiveExec.Arrival> _waiting = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;

    /// <exception cref="ProtocolException">Too many pieces wait.</exception>
    public void Write(OutputStream stream, long unixMicroseconds, ReadOnlySpan<byte> content)
    {
        lock (_lock)
        {
            if (_waiting.Last is { Value: { Content: { } buffer } last } node && last.Stream == stream
                && buffer.Length - last.Length >= content.Length)
            {
                content.CopyTo(buffer.AsSpan(last.Length));
                node.Value = last with { Length = last.Length + content.Length };
                return;
            }
            if (_waiting.Count >= MaxPieces)
                throw new ProtocolException($"the agent sent more than {MaxPieces} pieces of output that wait for the disk");
            var copy = ArrayPool<byte>.Shared.Rent(_waiting.Count == 0 ? content.Length : Math.Max(content.Length, GatheredBytes));
            content.CopyTo(copy);
            Add(new ActiveExec.Arrival(stream, unixMicroseconds, copy, content.Length, null, Lost: false));
        }
    }

    public void Write(ActiveExec.Arrival arrival)
    {
        lock (_lock)
            Add(arrival);
    }

    /// <summary>Nothing more comes.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            _changed.TrySetResult();
        }
    }

    public bool TryRead(out ActiveExec.Arrival arrival)
    {
        lock (_lock)
        {
            arrival = default;
            if (_waiting.First is not { } first)
                return false;
            arrival = first.Value;
            _waiting.RemoveFirst();
            return true;
        }
    }

    /// <returns>False: nothing more comes.</returns>
    public async ValueTask<bool> WaitToReadAsync()
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_waiting.Count > 0)
                    return true;
                if (_isComplete)
                    return false;
                if (_changed.Task.IsCompleted)
                    _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
            }
            await changed;
        }
    }

    private void Add(ActiveExec.Arrival arrival)
    {
        if (_isComplete)
            return;
        _waiting.AddLast(arrival);
        _changed.TrySetResult();
    }
}
