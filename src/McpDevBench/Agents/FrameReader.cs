using System.Buffers;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>Cuts what an agent sends into frames, in one buffer that is reused.</summary>
internal sealed class FrameReader(EngineStream stream, ReadPace pace)
{
    private const int InitialSize = 128 << 10, MaxIdleSize = 2 * InitialSize;

    /// <summary>More than an older server can have left unread on the way from the agent.</summary>
    private const int MaxSkipped = 16 << 20;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _start, _end;

    /// <summary>Skips everything up to the end of <paramref name="marker"/>.</summary>
    /// <exception cref="ProtocolException">It does not come.</exception>
    public async Task SkipAsync(byte[] marker, CancellationToken cancellationToken)
    {
        int found;
        var skipped = 0L;
        while ((found = _buffer.AsSpan(_start, _end - _start).IndexOf(marker)) < 0)
        {
            var kept = Math.Max(_start, _end - (marker.Length - 1));
            if ((skipped += kept - _start) > MaxSkipped)
                throw new ProtocolException($"the agent sent {skipped} bytes before its greeting");
            _start = kept;
            await FillAsync(marker.Length, cancellationToken);
        }
        _start += found + marker.Length;
    }

    public ReadOnlySpan<byte> TakePayload(FrameHeader header)
    {
        var payload = _buffer.AsSpan(_start, header.Length);
        _start += header.Length;
        return payload;
    }

    /// <summary>The next header, with its whole payload in the buffer; null at the end of the stream.</summary>
    public async ValueTask<FrameHeader?> NextAsync(CancellationToken cancellationToken)
    {
        Shrink();
        while (_end - _start < FrameHeader.Size)
        {
            if (!await TryFillAsync(FrameHeader.Size, cancellationToken))
                return _end == _start ? null : throw new ProtocolException("the stream ended within a frame");
        }
        var header = FrameHeader.Read(_buffer.AsSpan(_start, FrameHeader.Size));
        _start += FrameHeader.Size;
        while (_end - _start < header.Length)
            await FillAsync(header.Length, cancellationToken);
        pace.Charge(header.Length);
        return header;
    }

    private async ValueTask FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (!await TryFillAsync(wanted, cancellationToken))
            throw new EndOfStreamException("the agent's stream ended");
    }

    /// <summary>Reads some more, after making room for <paramref name="wanted"/> bytes in one piece.</summary>
    private async ValueTask<bool> TryFillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_buffer.Length - _start < wanted || _end == _buffer.Length)
        {
            var present = _end - _start;
            var larger = wanted <= _buffer.Length && present < _buffer.Length
                ? _buffer
                : ArrayPool<byte>.Shared.Rent(wanted + FrameHeader.Size);
            _buffer.AsSpan(_start, present).CopyTo(larger);
            if (larger != _buffer)
                ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (larger, 0, present);
        }
        await pace.RestAsync(cancellationToken);
        var read = await stream.ReadAsync(_buffer, _end, _buffer.Length - _end, cancellationToken);
        pace.Charge(read);
        _end += read;
        return read > 0;
    }

    /// <summary>Gives the room back that one large frame needed.</summary>
    private void Shrink()
    {
        if (_start != _end || _buffer.Length <= MaxIdleSize)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (ArrayPool<byte>.Shared.Rent(InitialSize), 0, 0);
    }
}
