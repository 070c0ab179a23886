using System.Buffers;

namespace McpDevBench.Mcp;

/// <summary>Passes JSON on to another stream, without the escapes that it does not need.</summary>
internal sealed class RelaxedJsonStream(Stream inner) : WriteOnlyStream
{
    /// <summary>
    /// The web server copies a write into pinned memory before it waits for the client: a large answer goes out in pieces, so that it takes
    /// no more of that than a small one.
    /// </summary>
    public const int PieceBytes = 32 << 10;

    private readonly RelaxedJson _json = new();
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(Relaxed(buffer).Span);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        do
        {
            var piece = buffer[..Math.Min(buffer.Length, PieceBytes)];
            buffer = buffer[piece.Length..];
            await inner.WriteAsync(Relaxed(piece.Span), cancellationToken);
        }
        while (buffer.Length > 0);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private ReadOnlyMemory<byte> Relaxed(ReadOnlySpan<byte> json)
    {
        _buffer.ResetWrittenCount();
        _json.Append(json, _buffer);
        return _buffer.WrittenMemory;
    }
}
