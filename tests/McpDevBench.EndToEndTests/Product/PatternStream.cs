namespace McpDevBench.EndToEndTests.Product;

/// <summary>So many bytes that never repeat in step with any buffer, and that cost no memory.</summary>
internal sealed class PatternStream(long length) : Stream
{
    private const int Period = 65_521;

    private static readonly byte[] _pattern = Pattern();

    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var start = (int)(_position % Period);
        var count = (int)Math.Min(Math.Min(buffer.Length, Period - start), length - _position);
        _pattern.AsSpan(start, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static byte[] Pattern()
    {
        var pattern = new byte[Period];
        new Random(Period).NextBytes(pattern);
        return pattern;
    }
}
