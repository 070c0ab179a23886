using System.Runtime.InteropServices;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// What an exec has written and the server has not acknowledged, in the order in which it was read. When it is full
/// the pipe is not read any more, and the process waits in its own write.
/// </summary>
internal sealed unsafe class OutputRing : IDisposable
{
    /// <summary>Bounds what many tiny writes cost beyond their bytes.</summary>
    private const int MaxChunks = 512;

    private const int SmallWindow = 16 << 10;
    private const int SmallMaxChunks = 32;

    // Outside the managed heap, and paid for only as far as it is ever filled.
    private byte* _bytes = (byte*)NativeMemory.Alloc(Protocol.ExecWindow);
    private int _window = Protocol.ExecWindow;
    private Chunk[] _chunks = new Chunk[MaxChunks];
    private bool _shrinks;
    private int _first;
    private int _count;
    private int _sending;

    public ulong Acknowledged { get; private set; }

    public ulong Sent { get; private set; }

    public ulong Produced { get; private set; }

    public bool HasRoom => !_shrinks && Free > 0 && _count < _chunks.Length;

    private int Free => _window - (int)(Produced - Acknowledged);

    /// <summary>Takes little memory from now on: once what is here is acknowledged, and before that nothing is read.</summary>
    public void Shrink()
    {
        _shrinks = _window > SmallWindow;
        ShrinkIfEmpty();
    }

    /// <summary>Room for the next read, in one piece.</summary>
    public Span<byte> Reserve()
    {
        var at = (int)(Produced % (uint)_window);
        return new Span<byte>(_bytes + at, Math.Min(Math.Min(Free, _window - at), Protocol.MaxData));
    }

    public void Commit(int length, OutputStream stream, long unixMicroseconds)
    {
        if (_count > 0)
        {
            ref var last = ref At(_count - 1);
            // A chunk that still waits takes in what follows: a slow server gets fewer, larger frames.
            if (last.Stream == stream && last.Length + length <= Protocol.MaxData && Sent < last.End)
            {
                last.Length += length;
                Produced += (uint)length;
                return;
            }
        }
        _count++;
        At(_count - 1) = new Chunk { Offset = Produced, Length = length, Stream = stream, UnixMicroseconds = unixMicroseconds };
        Produced += (uint)length;
    }

    /// <summary>The next piece to send: at most <paramref name="room"/> bytes, of one stream.</summary>
    public bool TryTake(int room, out ulong offset, out OutputStream stream, out long unixMicroseconds, out ReadOnlySpan<byte> piece)
    {
        (offset, stream, unixMicroseconds) = (Sent, default, 0);
        piece = default;
        if (Sent == Produced)
            return false;
        while (At(_sending).End <= Sent)
            _sending++;
        ref var chunk = ref At(_sending);
        var at = (int)(Sent % (uint)_window);
        var length = Math.Min(Math.Min((int)(chunk.End - Sent), _window - at), room);
        (stream, unixMicroseconds) = (chunk.Stream, chunk.UnixMicroseconds);
        piece = new ReadOnlySpan<byte>(_bytes + at, length);
        Sent += (uint)length;
        return true;
    }

    /// <summary>The server has everything below the offset.</summary>
    public void Acknowledge(ulong offset)
    {
        if (offset < Acknowledged || offset > Produced)
            throw new ProtocolException($"acknowledgement of byte {offset}; {Acknowledged} to {Produced} are there");
        Acknowledged = offset;
        Sent = Math.Max(Sent, offset);
        while (_count > 0 && At(0).End <= offset)
        {
            _first = (_first + 1) % _chunks.Length;
            _count--;
            _sending = Math.Max(0, _sending - 1);
        }
        ShrinkIfEmpty();
    }

    /// <summary>Send from here (again).</summary>
    public void ResumeAt(ulong offset)
    {
        Acknowledge(offset);
        Sent = offset;
        _sending = 0;
    }

    public void Dispose() => NativeMemory.Free(_bytes);

    private void ShrinkIfEmpty()
    {
        if (!_shrinks || Acknowledged != Produced)
            return;
        NativeMemory.Free(_bytes);
        _bytes = (byte*)NativeMemory.Alloc(SmallWindow);
        _window = SmallWindow;
        (_chunks, _first, _count, _sending, _shrinks) = (new Chunk[SmallMaxChunks], 0, 0, 0, false);
    }

    private ref Chunk At(int index) => ref _chunks[(_first + index) % _chunks.Length];

    private struct Chunk
    {
        public ulong Offset;
        public int Length;
        public OutputStream Stream;
        public long UnixMicroseconds;

        public readonly ulong End => Offset + (uint)Length;
    }
}
