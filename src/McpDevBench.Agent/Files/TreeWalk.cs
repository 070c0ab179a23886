using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Walks a directory, and what is below it, in the order of the paths' bytes, never through a link. Every directory is opened by its path
/// from the walk's own, below it and without links, so a walk needs two descriptors however deep the tree is; what is too deep for a path
/// is left out, because no request could name it either.
/// </summary>
internal sealed class TreeWalk : IDisposable
{
    private readonly Fd _base;
    private readonly bool _recursive, _requireAll;
    private readonly byte[] _path = new byte[Protocol.MaxPath];
    private readonly byte[] _shown;
    private readonly byte[] _after;
    private readonly Stack<Level> _levels = new();
    private int _length;
    private int _directory = -1;

    /// <param name="base">An open directory; the walk's to close.</param>
    /// <param name="after">Paths (relative to the base) up to this one are left out; empty for none.</param>
    /// <param name="requireAll">A directory that cannot be read is an error with its path, instead of being counted.</param>
    public TreeWalk(Fd @base, ReadOnlySpan<byte> shown, bool recursive, ReadOnlySpan<byte> after = default, bool requireAll = false)
    {
        (_base, _recursive, _requireAll, _shown, _after) = (@base, recursive, requireAll, shown.ToArray(), after.ToArray());
        try
        {
            Enter();
        }
        catch (OperationException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Relative to the base.</summary>
    public ReadOnlySpan<byte> Path => _path.AsSpan(0, _length);

    /// <summary>As errors name it.</summary>
    public byte[] ShownPath => [.. DirectoryLister.Prefix(_shown), .. Path];

    public ReadOnlySpan<byte> Name => Top.Names.Name(Top.Position);

    /// <summary>A directory entry's type, as the kernel calls it.</summary>
    public byte Type => Top.Names.Type(Top.Position);

    public int Depth => _levels.Count;

    /// <summary>Directories that could not be read so far, and entries too deep for a path.</summary>
    public uint Unreadable { get; private set; }

    private Level Top => _levels.Peek();

    /// <summary>The entry's name, to be used with <see cref="Directory"/>.</summary>
    public byte[] NameZ => Text.Z(Name);

    /// <summary>The directory of the current entry; -1 if it has gone meanwhile.</summary>
    public int Directory
    {
        get
        {
            if (_directory < 0)
                _directory = OpenDirectory(_path.AsSpan(0, Top.PathLength));
            return _directory;
        }
    }

    /// <summary>
    /// Moves to the next entry. <paramref name="enter"/> decides whether to walk into the current directory.
    /// </summary>
    public bool Next(Func<bool>? enter = null)
    {
        while (_levels.TryPeek(out var level))
        {
            if (++level.Position >= level.Names.Count)
            {
                Leave();
                continue;
            }
            if (!SetPath(level))
            {
                if (_requireAll)
                    throw new OperationException(AgentStatus.Invalid,
                        $"{Text.Show(ShownPath)}: is at the limit of a path's length; what follows is too deep");
                Unreadable++;
                continue;
            }
            if (!level.Names.IsInside(level.Position))
            {
                if (_after.Length == 0 || Path.SequenceCompareTo(_after) > 0)
                    return true;
            }
            else if (!IsBeforeAfter() && enter?.Invoke() != false)
            {
                Enter();
            }
        }
        return false;
    }

    public void Dispose()
    {
        while (_levels.Count > 0)
            Leave();
        Forget();
        _base.Dispose();
    }

    /// <summary>Everything in the current directory sorts before the point to resume from.</summary>
    private bool IsBeforeAfter()
    {
        if (_after.Length == 0)
            return false;
        var common = Math.Min(_length, _after.Length);
        var order = Path[..common].SequenceCompareTo(_after.AsSpan(0, common));
        if (order != 0)
            return order < 0;
        return _after.Length > _length && _after[_length] > '/';
    }

    private bool SetPath(Level level)
    {
        var name = level.Names.Name(level.Position);
        var at = level.PathLength == 0 ? 0 : level.PathLength + 1;
        if (at + name.Length > _path.Length)
            return false;
        if (at > 0)
            _path[at - 1] = (byte)'/';
        name.CopyTo(_path.AsSpan(at));
        _length = at + name.Length;
        return true;
    }

    private void Enter()
    {
        var fd = OpenDirectory(Path);
        if (fd < 0 || !Entry.CanLookUp(fd))
        {
            var error = Errno.Last;
            if (fd >= 0)
                Libc.close(fd);
            // Below the base, a directory that has gone is left out; the base itself must exist.
            if (_levels.Count == 0)
                throw Errno.ToException(error, Text.Show(_shown));
            if (error == Errno.ENOENT)
                return;
            if (_requireAll)
                throw Errno.ToException(error, Text.Show(ShownPath));
            Unreadable++;
            return;
        }
        var names = new DirectoryNames();
        try
        {
            names.Read(fd, _recursive, _shown);
        }
        catch (OperationException)
        {
            names.Dispose();
            Libc.close(fd);
            throw;
        }
        Forget();
        _directory = fd;
        _levels.Push(new Level(names, _length));
    }

    private void Leave()
    {
        _levels.Pop().Names.Dispose();
        Forget();
    }

    private void Forget()
    {
        if (_directory >= 0)
            Libc.close(_directory);
        _directory = -1;
    }

    private int OpenDirectory(ReadOnlySpan<byte> path)
        => RootDirectory.TryOpenBelow(_base, path, Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW, path.IsEmpty ? 0
            : Abi.RESOLVE_NO_SYMLINKS);

    private sealed class Level(DirectoryNames names, int pathLength)
    {
        public DirectoryNames Names { get; } = names;

        public int PathLength { get; } = pathLength;

        public int Position { get; set; } = -1;
    }
}
