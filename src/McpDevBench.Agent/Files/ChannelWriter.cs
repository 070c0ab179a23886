using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;

namespace McpDevBench.Agent.Files;

/// <summary>Gathers small pieces into full frames of content.</summary>
internal sealed class ChannelWriter(Channel channel)
{
    private byte[] _buffer = BufferPool.Rent();
    private int _length;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _buffer.Length - _length);
            bytes[..count].CopyTo(_buffer.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_length == _buffer.Length)
                Send();
        }
    }

    /// <summary>Room in the current frame, to be read into directly.</summary>
    public Span<byte> Room(long atMost) => _buffer.AsSpan(_length, (int)Math.Min(atMost, _buffer.Length - _length));

    public void Advance(int count)
    {
        _length += count;
        if (_length == _buffer.Length)
            Send();
    }

    public void End()
    {
        if (_length > 0)
            channel.Send(_buffer, _length);
        else
            BufferPool.Return(_buffer);
        channel.SendEnd();
    }

    private void Send()
    {
        channel.Send(_buffer, _length);
        _buffer = BufferPool.Rent();
        _length = 0;
    }
}
