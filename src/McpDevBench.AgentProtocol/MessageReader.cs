using System.Buffers.Binary;
using System.Text;

namespace McpDevBench.AgentProtocol;

/// <summary>Reads what <see cref="MessageWriter"/> wrote, trusting nothing: every length is checked against what is there.</summary>
/// <exception cref="ProtocolException">From every member: the message is shorter than its fields, or a field is out of range.</exception>
public ref struct MessageReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    /// <summary>The negotiated version of the protocol that the message is written in.</summary>
    public required ushort Version { get; set; }

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new ProtocolException($"{other} is not a boolean"),
    };

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => (int)UInt32();

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public long Int64() => (long)UInt64();

    public Guid Guid() => new(Take(16));

    public ReadOnlySpan<byte> Bytes()
    {
        var length = UInt32();
        return length <= _rest.Length
            ? Take((int)length)
            : throw new ProtocolException($"a field of {length} bytes in a message with {_rest.Length} left");
    }

    public string String() => Encoding.UTF8.GetString(Bytes());

    public string[] Strings()
    {
        var values = new string[Count(minimumSize: 4)];
        for (var i = 0; i < values.Length; i++)
            values[i] = String();
        return values;
    }

    /// <summary>
    /// A list's length. An error if the rest of the message cannot hold that many elements of <paramref name="minimumSize"/> bytes.
    /// </summary>
    public int Count(int minimumSize)
    {
        var count = UInt32();
        return count <= (uint)(_rest.Length / minimumSize)
            ? (int)count
            : throw new ProtocolException($"{count} elements in a message with {_rest.Length} bytes left");
    }

    public ulong? OptionalUInt64() => Bool() ? UInt64() : null;

    public readonly void End()
    {
        if (!_rest.IsEmpty)
            throw new ProtocolException($"{_rest.Length} bytes after the end of the message");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new ProtocolException($"message ends {count - _rest.Length} bytes too early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
