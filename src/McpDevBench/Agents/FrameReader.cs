using System.Buffers;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;

namespace McpDevBench.Agents;

/// <summary>Cuts what an agent sends into frames, in one buffer that is reused.</summary>
internal sealed class FrameReader(EngineStream stream)
{
    private const int InitialSize = 128 << 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _start, _end;

    /// <summary>Skips everything up to the end of <paramref name="marker"/>.</summary>
    public async Task SkipAsync(byte[] marker, CancellationToken cancellationToken)
    {
        int found;
        while ((found = _buffer.AsSpan(_start, _end - _start).IndexOf(marker)) < 0)
        {
            _start = Math.Max(_start, _end - (marker.Length - 1));
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
        while (_end - _start < FrameHeader.Size)
        {
            if (!await TryFillAsync(FrameHeader.Size, cancellationToken))
                return _end == _start ? null : throw new ProtocolException("the stream ended within a frame");
        }
        var header = FrameHeader.Read(_buffer.AsSpan(_start, FrameHeader.Size));
        _start += FrameHeader.Size;
        while (_end - _start < header.Length)
            await FillAsync(header.Length, cancellationToken);
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
        var read = await stream.ReadAsync(_buffer, _end, _buffer.Length - _end, cancellationToken);
        _end += read;
        return read > 0;
    }
}
