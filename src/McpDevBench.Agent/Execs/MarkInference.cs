using System.Buffers.Text;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// Infers the marks of many new processes from their parents: a process has its parent's mark, and one file lists all children of a
/// process. Reading hundreds of them one by one takes a starved agent a tenth of a second or more.
/// </summary>
internal sealed class MarkInference(Marks marks)
{
    /// <summary>Below this they are read one by one.</summary>
    private const int MinUnknown = 16;

    private readonly List<ProcessId> _again = new(512);
    private readonly List<int> _children = new(64);
    private readonly List<int> _threads = new(16);

    // Indexes of marked processes, parents before children; and the position of each one's parent here, -1 for a child of the agent.
    private readonly List<int> _queue = new(256);
    private readonly List<int> _parents = new(256);

    /// <param name="listed">The processes, sorted by number.</param>
    /// <param name="known">The mark of each; 0 where it is not known.</param>
    public void Run(List<ProcessId> listed, ulong[] known, ProcessStatus status)
    {
        var unknown = 0;
        for (var i = 0; i < listed.Count; i++)
            unknown += known[i] == 0 ? 1 : 0;
        if (unknown < MinUnknown)
            return;
        _queue.Clear();
        _parents.Clear();
        unknown -= AddChildrenOfAgent(listed, known, status);
        // Another level is worth it while it may spare more files than it reads.
        for (var at = 0; at < _queue.Count && unknown > 2 * (_queue.Count - at);)
        {
            for (var end = _queue.Count; at < end; at++)
            {
                ReadChildren(listed[_queue[at]].Pid, listed[_queue[at]].Pid);
                foreach (var pid in _children)
                {
                    if (IndexOf(listed, pid) is not (>= 0 and var index) || known[index] != 0)
                        continue;
                    known[index] = known[_queue[at]];
                    unknown--;
                    Add(index, at);
                }
            }
        }
        Verify(listed, known);
    }

    private int AddChildrenOfAgent(List<ProcessId> listed, ulong[] known, ProcessStatus status)
    {
        var read = 0;
        ProcFile.Numbers("/proc/self/task\0"u8, _threads);
        foreach (var thread in _threads)
        {
            ReadChildren(Libc.getpid(), thread);
            foreach (var pid in _children)
            {
                if (IndexOf(listed, pid) is not (>= 0 and var index))
                    continue;
                if (known[index] == 0 && marks.Of(pid, status) is { } mark)
                {
                    known[index] = mark;
                    read++;
                }
                if (known[index] != 0)
                    Add(index, parent: -1);
            }
        }
        return read;
    }

    /// <summary>A number may have passed to another process meanwhile: only what was there before and after counts.</summary>
    private void Verify(List<ProcessId> listed, ulong[] known)
    {
        ProcFile.Processes(_again);
        for (var i = 0; i < _queue.Count; i++)
        {
            if (_parents[i] < 0)
                continue;
            var parent = _queue[_parents[i]];
            if (known[parent] == 0 || !IsStillThere(listed[parent]) || !IsStillThere(listed[_queue[i]]))
                known[_queue[i]] = 0;
        }
    }

    private bool IsStillThere(ProcessId process) =>
        process.Inode > 1 && IndexOf(_again, process.Pid) is >= 0 and var index && _again[index].Inode == process.Inode;

    private void Add(int index, int parent)
    {
        _queue.Add(index);
        _parents.Add(parent);
    }

    private void ReadChildren(int pid, int thread)
    {
        _children.Clear();
        Span<byte> buffer = stackalloc byte[4096];
        ReadOnlySpan<byte> text = buffer[..Math.Max(0, ProcFile.Read(Text.Z($"/proc/{pid}/task/{thread}/children"), buffer))];
        while (Utf8Parser.TryParse(text, out int child, out var digits))
        {
            // Without a space behind it the number may be cut.
            if (digits == text.Length)
                return;
            _children.Add(child);
            text = text[(digits + 1)..];
        }
    }

    private static int IndexOf(List<ProcessId> processes, int pid)
    {
        var (low, high) = (0, processes.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (processes[middle].Pid == pid)
                return middle;
            if (processes[middle].Pid < pid)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }
}
