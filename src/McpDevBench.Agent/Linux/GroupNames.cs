using System.Text;

namespace McpDevBench.Agent.Linux;

/// <summary>
/// Names for groups that programs are started with, at the end of the group database. One line for each group in use: <c>groups</c> and
/// <c>id</c> of a program find its name, and the file stays small.
/// </summary>
/// <param name="end">Where the lines begin. All have the same length, because all numbers have.</param>
internal sealed unsafe class GroupNames(int file, long end)
{
    private readonly Lock _gate = new();
    private readonly List<int> _lines = [];

    public void Add(int group)
    {
        lock (_gate)
        {
            var free = _lines.IndexOf(0);
            if (free < 0)
            {
                free = _lines.Count;
                _lines.Add(0);
            }
            _lines[free] = group;
            var line = Encoding.ASCII.GetBytes($"exec-{group}:x:{group}:\n");
            // Without room for it the group has no name, and the program starts all the same.
            fixed (byte* start = line)
                Libc.pwrite(file, start, line.Length, end + ((long)free * line.Length));
        }
    }

    /// <summary>Its line is the next one to be used again. Until then the name stays.</summary>
    public void Remove(int group)
    {
        lock (_gate)
        {
            if (_lines.IndexOf(group) is >= 0 and var line)
                _lines[line] = 0;
        }
    }
}
