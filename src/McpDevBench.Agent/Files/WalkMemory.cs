using System.Runtime.InteropServices;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>A growing array outside the managed heap, for names of directories. All of them together are bounded.</summary>
internal sealed unsafe class WalkMemory : IDisposable
{
    private const long OneWalk = 8 << 20;
    private const long AllWalks = 12 << 20;

    private static long s_used;

    private byte* _start;
    private long _capacity;

    public int Length { get; set; }

    public byte* At(int offset) => _start + offset;

    /// <summary>Room for so many more bytes; returns where.</summary>
    public int Append(int count)
    {
        if (Length + count > _capacity)
            Grow(Math.Max(Math.Min(_capacity * 2, OneWalk), Math.Max(4096, Length + count)));
        var at = Length;
        Length += count;
        return at;
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        Interlocked.Add(ref s_used, -_capacity);
        _start = null;
        (_capacity, Length) = (0, 0);
    }

    private void Grow(long capacity)
    {
        if (capacity > OneWalk)
            throw new OperationException(AgentStatus.TooLarge, "the directory has too many entries");
        if (Interlocked.Add(ref s_used, capacity - _capacity) > AllWalks)
        {
            Interlocked.Add(ref s_used, _capacity - capacity);
            throw new OperationException(AgentStatus.Exhausted, "too many large directories are being walked at once; try again");
        }
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        _capacity = capacity;
    }
}
