using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Wire;

/// <summary>Cuts a stream of bytes into frames. A frame that arrived whole is handed on without being copied.</summary>
internal sealed class FrameAssembler
{
    private const int InitialSize = 64 << 10;

    private byte[] _partial = [];
    private int _length;

    public delegate void FrameHandler(FrameHeader header, ReadOnlySpan<byte> payload);

    public void Reset() => _length = 0;

    public void Feed(ReadOnlySpan<byte> bytes, FrameHandler handle)
    {
        while (_length > 0 && !bytes.IsEmpty)
        {
            var missing = Missing(_partial.AsSpan(0, _length));
            var taken = Math.Min(missing, bytes.Length);
            Keep(bytes[..taken]);
            bytes = bytes[taken..];
            var partial = _partial.AsSpan(0, _length);
            if (Missing(partial) > 0)
                continue;
            // Handling may reset this assembler, or feed it again: it must be empty by then.
            _length = 0;
            handle(FrameHeader.Read(partial), partial[FrameHeader.Size..]);
        }
        while (bytes.Length >= FrameHeader.Size)
        {
            var header = FrameHeader.Read(bytes);
            var size = FrameHeader.Size + header.Length;
            if (bytes.Length < size)
                break;
            handle(header, bytes[FrameHeader.Size..size]);
            bytes = bytes[size..];
        }
        if (!bytes.IsEmpty)
            Keep(bytes);
    }

    /// <summary>Bytes until the header, and then the frame, is complete; 0 when it is.</summary>
    private static int Missing(ReadOnlySpan<byte> partial)
        => partial.Length < FrameHeader.Size
            ? FrameHeader.Size - partial.Length
            : FrameHeader.Size + FrameHeader.Read(partial).Length - partial.Length;

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var needed = _length + bytes.Length;
        if (needed > _partial.Length)
            Array.Resize(ref _partial, Math.Max(InitialSize, needed > InitialSize ? FrameHeader.Size + Protocol.MaxPayload : needed));
        bytes.CopyTo(_partial.AsSpan(_length));
        _length = needed;
    }
}
