using System.Runtime.InteropServices;
using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Execs;

/// <summary>A NULL-terminated array of C strings, as exec wants its arguments and its environment.</summary>
internal sealed unsafe class StringBlock : IDisposable
{
    public StringBlock(IReadOnlyCollection<string> strings)
    {
        var size = (strings.Count + 1) * sizeof(nint);
        var bytes = size;
        foreach (var text in strings)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new OperationException(AgentStatus.Invalid, "arguments and environment cannot contain NUL");
            bytes += Encoding.UTF8.GetByteCount(text) + 1;
        }
        Pointers = (byte**)NativeMemory.Alloc((nuint)bytes);
        var at = (byte*)Pointers + size;
        var index = 0;
        foreach (var text in strings)
        {
            Pointers[index++] = at;
            at += Encoding.UTF8.GetBytes(text, new Span<byte>(at, bytes));
            *at++ = 0;
        }
        Pointers[index] = null;
    }

    public byte** Pointers { get; }

    public void Dispose() => NativeMemory.Free(Pointers);
}
