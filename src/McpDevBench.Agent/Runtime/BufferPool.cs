using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Runtime;

/// <summary>Buffers of one Data frame's content. A bounded number is kept for the next use.</summary>
internal static class BufferPool
{
    private const int Kept = 64;

    private static readonly Stack<byte[]> s_free = new(Kept);

    public static byte[] Rent()
    {
        lock (s_free)
            return s_free.TryPop(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(Protocol.MaxData);
    }

    public static void Return(byte[] buffer)
    {
        if (buffer.Length != Protocol.MaxData)
            return;
        lock (s_free)
        {
            if (s_free.Count < Kept)
                s_free.Push(buffer);
        }
    }
}
