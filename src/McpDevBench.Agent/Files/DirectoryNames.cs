using System.Runtime.InteropServices;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// The entries of one directory, sorted so that a walk yields paths in the order of their bytes. A directory comes twice: as itself,
/// and as what is in it, which sorts as if its name ended in a slash (<c>a</c>, <c>a-b</c>, <c>a/x</c>).
/// </summary>
internal sealed unsafe class DirectoryNames : IDisposable
{
    private const int MaxEntries = 200_000;
    private const int BufferSize = 16 << 10;
    private const int RecordHeader = 19;

    private readonly WalkMemory _names = new();
    private readonly WalkMemory _items = new();

    public int Count => _items.Length / sizeof(Item);

    public ReadOnlySpan<byte> Name(int index) => Bytes(Items[index]);

    public byte Type(int index) => Items[index].Type;

    public bool IsInside(int index) => Items[index].IsInside;

    private Span<Item> Items => new(_items.At(0), Count);

    /// <param name="inside">Whether the insides of directories are wanted too.</param>
    public void Read(int directory, bool inside, ReadOnlySpan<byte> path)
    {
        var entries = 0;
        var buffer = stackalloc byte[BufferSize];
        for (nint count; (count = Libc.getdents64(directory, buffer, BufferSize)) != 0;)
        {
            if (count < 0)
                throw Errno.ToException(path);
            for (nint at = 0; at < count; at += *(ushort*)(buffer + at + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + RecordHeader);
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                    continue;
                if (++entries > MaxEntries)
                    throw new OperationException(AgentStatus.TooLarge, $"{Text.Show(path)}: has more than {MaxEntries} entries");
                Add(directory, name, buffer[at + 18], inside);
            }
        }
        Items.Sort(Compare);
    }

    public void Dispose()
    {
        _names.Dispose();
        _items.Dispose();
    }

    private void Add(int directory, ReadOnlySpan<byte> name, byte type, bool inside)
    {
        var at = _names.Append(name.Length);
        name.CopyTo(new Span<byte>(_names.At(at), name.Length));
        if (type == Abi.DT_UNKNOWN)
            type = Ask(directory, name);
        Append(new Item { Offset = at, Length = (ushort)name.Length, Type = type });
        if (inside && type == Abi.DT_DIR)
            Append(new Item { Offset = at, Length = (ushort)name.Length, Type = type, IsInside = true });
    }

    private void Append(Item item) => *(Item*)_items.At(_items.Append(sizeof(Item))) = item;

    /// <summary>Some file systems do not report the type of an entry in its directory.</summary>
    private static byte Ask(int directory, ReadOnlySpan<byte> name) => Entry.Find(directory, Text.Z(name))?.Kind switch
    {
        FileKind.Directory => Abi.DT_DIR,
        FileKind.File => Abi.DT_REG,
        FileKind.Link => Abi.DT_LNK,
        _ => Abi.DT_UNKNOWN,
    };

    private ReadOnlySpan<byte> Bytes(Item item) => new(_names.At(item.Offset), item.Length);

    private int Compare(Item left, Item right)
    {
        var a = Bytes(left);
        var b = Bytes(right);
        var common = Math.Min(a.Length, b.Length);
        var order = a[..common].SequenceCompareTo(b[..common]);
        return order != 0 ? order : After(left, a, common) - After(right, b, common);
    }

    /// <summary>The byte that follows the common part: nothing sorts before everything.</summary>
    private static int After(Item item, ReadOnlySpan<byte> name, int common)
    {
        if (name.Length > common)
            return name[common];
        return item.IsInside ? '/' : -1;
    }

    private struct Item
    {
        public int Offset;
        public ushort Length;
        public byte Type;
        public bool IsInside;
    }
}
