using System.Buffers;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>
/// Sends frames to an agent, one at a time. A frame whose caller waits is copied only when its turn comes, and is dropped with its caller;
/// posted frames are bounded in bytes.
/// </summary>
/// <param name="closed">Cancelled when the stream has ended.</param>
internal sealed class FrameWriter(EngineStream stream, CancellationToken closed)
{
    /// <summary>Acks, credit, pings and cancellations that may wait, in bytes: an agent that reads never comes near it.</summary>
    public const int MaxPosted = 256 << 10;

    /// <summary>What a posted frame takes beside its payload, in bytes.</summary>
    private const int PostedCost = 256;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private int _posted;

    /// <summary>Queues a small frame.</summary>
    /// <exception cref="ProtocolException">Too much waits already: the agent does not read.</exception>
    public Task PostAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload)
    {
        var cost = PostedCost + payload.Length;
        if (Interlocked.Add(ref _posted, cost) <= MaxPosted)
            return PostedAsync(kind, channel, payload, cost);
        Interlocked.Add(ref _posted, -cost);
        throw new ProtocolException($"the agent does not read: more than {MaxPosted} bytes wait to be sent to it");
    }

    /// <exception cref="OperationCanceledException">The stream has ended, or <paramref name="cancellationToken"/> was cancelled before the
    /// first byte was sent.</exception>
    public async Task SendAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await WaitForTurnAsync(cancellationToken);
        var frame = ArrayPool<byte>.Shared.Rent(FrameHeader.Size + payload.Length);
        try
        {
            new FrameHeader(kind, channel, payload.Length).Write(frame);
            payload.Span.CopyTo(frame.AsSpan(FrameHeader.Size));
            await stream.WriteAsync(frame, 0, FrameHeader.Size + payload.Length, closed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
            _writing.Release();
        }
    }

    private async Task PostedAsync(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload, int cost)
    {
        try
        {
            await SendAsync(kind, channel, payload, CancellationToken.None);
        }
        finally
        {
            Interlocked.Add(ref _posted, -cost);
        }
    }

    private async ValueTask WaitForTurnAsync(CancellationToken cancellationToken)
    {
        closed.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        if (_writing.Wait(0, CancellationToken.None))
            return;
        if (!cancellationToken.CanBeCanceled)
        {
            await _writing.WaitAsync(closed);
            return;
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closed, cancellationToken);
        await _writing.WaitAsync(either.Token);
    }
}
