using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// Counts the OOM kills in this container, in either version of control groups. Always 0 where the kernel does not report them.
/// </summary>
internal sealed class OomCounter
{
    private readonly byte[] _text = new byte[1024];

    /// <summary>On the loop's thread.</summary>
    public long Read()
    {
        var length = ProcFile.Read("/sys/fs/cgroup/memory.events\0"u8, _text);
        if (length <= 0)
            length = ProcFile.Read("/sys/fs/cgroup/memory/memory.oom_control\0"u8, _text);
        return length <= 0 ? 0 : Math.Max(0, ProcFile.Number(_text.AsSpan(0, length), "oom_kill "u8));
    }
}
