using System.Buffers.Binary;
using System.Text;

namespace McpDevBench.AgentProtocol;

/// <summary>Appends fields, little-endian, to a growing array. Strings and byte strings are a u32 length, then the bytes.</summary>
public sealed class MessageWriter(int capacity = 256)
{
    private byte[] _buffer = new byte[capacity];

    /// <summary>The negotiated version of the protocol: fields of a newer one are left out.</summary>
    public required ushort Version { get; init; }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public MessageWriter Byte(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    public MessageWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public MessageWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);
        return this;
    }

    public MessageWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
        return this;
    }

    public MessageWriter Int32(int value) => UInt32((uint)value);

    public MessageWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
        return this;
    }

    public MessageWriter Int64(long value) => UInt64((ulong)value);

    /// <summary>Sixteen bytes, as <see cref="System.Guid.TryWriteBytes(Span{byte})"/> lays them out.</summary>
    public MessageWriter Guid(Guid value)
    {
        value.TryWriteBytes(Take(16));
        return this;
    }

    public MessageWriter Bytes(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        value.CopyTo(Take(value.Length));
        return this;
    }

    public MessageWriter String(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        UInt32((uint)length);
        Encoding.UTF8.GetBytes(value, Take(length));
        return this;
    }

    public MessageWriter Strings(IReadOnlyCollection<string> values)
    {
        UInt32((uint)values.Count);
        foreach (var value in values)
            String(value);
        return this;
    }

    /// <summary>A presence byte, then the value if there is one.</summary>
    public MessageWriter Optional(ulong? value) => value is { } present ? Bool(true).UInt64(present) : Bool(false);

    private Span<byte> Take(int count)
    {
        if (Length + count > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
