using System.Buffers.Text;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Execs;

/// <summary>
/// The mark is a supplementary group of the exec's own. A process without CAP_SETGID can neither change it nor drop it, in a user
/// namespace of its own either; nothing belongs to the group.
/// </summary>
internal sealed class GroupMarks : Marks
{
    /// <summary>Numbers that no distribution gives out.</summary>
    private const uint First = 0x7000_0000, Last = 0x7ffd_ffff;

    /// <summary>Where Docker maps only 65,536 groups: those that systemd would use for services made on the fly.</summary>
    private const uint MappedFirst = 61_184, MappedLast = 65_519;

    private readonly uint _first = First, _last = Last;
    private readonly ProcessStatus _status = new();
    private readonly List<ProcessId> _processes = new(512);
    private readonly GroupNames? _names;
    private uint _next;
    private bool _isReused;

    /// <param name="names">Where a mark gets a name for the programs that have it; null for none.</param>
    public GroupMarks(GroupNames? names)
    {
        _names = names;
        if (MappedCount() <= Last)
            (_first, _last) = (MappedFirst, MappedLast);
        _next = _first;
    }

    public override bool AreFixed => true;

    public override ulong Next()
    {
        ulong mark;
        do
        {
            mark = _next;
            _isReused |= _next == _last;
            _next = _next == _last ? _first : _next + 1;
        }
        while (_isReused && IsCarried(mark));
        _names?.Add((int)mark);
        return mark;
    }

    public override ulong? Of(int pid, ProcessStatus status)
    {
        if (!status.TryRead(pid))
            return null;
        var groups = status.Groups;
        while (Utf8Parser.TryParse(groups, out uint group, out var length))
        {
            if (group >= _first && group <= _last)
                return group;
            groups = groups[length..].TrimStart((byte)' ');
        }
        return null;
    }

    public override bool IsRogue(ulong mark) => false;

    public override void Killed(ulong mark)
    {
    }

    public override void Forget(ulong mark) => _names?.Remove((int)mark);

    private bool IsCarried(ulong mark)
    {
        ProcFile.Processes(_processes);
        foreach (var process in _processes)
        {
            if (Of(process.Pid, _status) == mark)
                return true;
        }
        return false;
    }

    /// <summary>The third number of the first line: how many groups this user namespace has.</summary>
    private static uint MappedCount()
    {
        Span<byte> map = stackalloc byte[256];
        ReadOnlySpan<byte> text = map[..Math.Max(0, ProcFile.Read("/proc/self/gid_map\0"u8, map))];
        uint count = 0;
        for (var field = 0; field < 3; field++)
        {
            text = text.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(text, out count, out var digits))
                return 0;
            text = text[digits..];
        }
        return count;
    }
}
