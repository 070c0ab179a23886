using System.Buffers;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// A directory at the top of the workspace: <c>tree</c> has the new entries, <c>old</c> what they replace, and <c>target</c>, once
/// everything is complete, names their targets. Removed at the end, whatever happens; after a crash, at the agent's next start.
/// </summary>
internal sealed unsafe class StagingDirectory : IDisposable
{
    private static readonly byte[] s_target = Text.Z("target");
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdef"u8);

    private readonly Place _place;
    private readonly Fd _directory = new(-1);

    private StagingDirectory(RootDirectory workspace, byte[] name, bool isNew)
    {
        _place = new Place(workspace.Open(default, Abi.O_PATH | Abi.O_DIRECTORY), name);
        try
        {
            if (isNew && _place.MakeDirectory(0x1c0) != 0)
                throw Errno.ToException("the directory for an import"u8);
            _directory = RootDirectory.OpenBelow(_place.Directory, name.AsSpan(..^1), Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW,
                Abi.RESOLVE_NO_SYMLINKS);
            TreeDirectory = Open("tree"u8, isNew, 0x1ed);
            Old = Open("old"u8, isNew, 0x1c0);
            Tree = new RootDirectory(TreeDirectory, Abi.RESOLVE_NO_SYMLINKS);
        }
        catch (OperationException)
        {
            Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> Prefix => ".devbench-tmp-import-"u8;

    /// <summary>Where entries are made. No link is followed in it.</summary>
    public RootDirectory Tree { get; } = null!;

    public Fd TreeDirectory { get; } = new(-1);

    public Fd Old { get; } = new(-1);

    /// <summary>The directory that holds <c>tree</c>.</summary>
    public Fd Directory => _directory;

    public static StagingDirectory Create(RootDirectory workspace)
    {
        var random = TempFile.NewName().AsSpan(TempFile.Prefix.Length);
        return new StagingDirectory(workspace, [.. Prefix, .. random], isNew: true);
    }

    public static StagingDirectory Open(RootDirectory workspace, byte[] name) => new(workspace, name, isNew: false);

    /// <summary>The ones that are there, NUL-terminated.</summary>
    public static List<byte[]> Names(RootDirectory workspace)
    {
        var found = new List<byte[]>();
        using var root = workspace.Open(default, Abi.O_RDONLY | Abi.O_DIRECTORY);
        using var names = new DirectoryNames();
        names.Read(root, inside: false, default);
        for (var i = 0; i < names.Count; i++)
        {
            if (IsStaging(names.Name(i)) && names.Type(i) == Abi.DT_DIR)
                found.Add(Text.Z(names.Name(i)));
        }
        return found;
    }

    /// <summary>A name that this agent makes up, and nothing that only looks like it: what is left of an import is removed.</summary>
    private static bool IsStaging(ReadOnlySpan<byte> name) =>
        name.StartsWith(Prefix) && name.Length == Prefix.Length + TempFile.RandomDigits
        && !name[Prefix.Length..].ContainsAnyExcept(s_digits);

    /// <summary>From here on a crash does not undo the import: the next start finishes it.</summary>
    public void Commit(byte[] target)
    {
        using var temp = TempFile.Create(_directory, target);
        Fd.WriteFully(temp.Fd, target, target);
        if (Libc.fsync(temp.Fd) != 0 || temp.LinkAs(s_target) != 0 || Libc.fsync(_directory) != 0)
            throw Errno.ToException(target);
    }

    /// <summary>Where the entries go; null if the import was not complete.</summary>
    public byte[]? ReadTarget()
    {
        var opened = RootDirectory.TryOpenBelow(_directory, s_target.AsSpan(..^1), Abi.O_RDONLY | Abi.O_NOFOLLOW, Abi.RESOLVE_NO_SYMLINKS);
        if (opened < 0)
            return null;
        using var fd = new Fd(opened);
        var target = new byte[Protocol.MaxPath + 1];
        return target[..Fd.ReadFully(fd, target, 0, s_target)];
    }

    /// <summary>The import is undone: a crash from here on must not finish it.</summary>
    public void Forget()
    {
        fixed (byte* name = s_target)
            Libc.unlinkat(_directory, name, 0);
    }

    public void Dispose()
    {
        TreeDirectory.Dispose();
        Old.Dispose();
        _directory.Dispose();
        try
        {
            FileRemoval.RemoveTree(_place, _place.Name, channel: null);
        }
        catch (OperationException)
        {
            // A process in the workspace has put something into it that cannot be removed. The next start tries again.
        }
        _place.Dispose();
    }

    private Fd Open(ReadOnlySpan<byte> name, bool isNew, uint mode)
    {
        var place = new Place(_directory, Text.Z(name));
        if (isNew && place.MakeDirectory(mode) != 0)
            throw Errno.ToException(name);
        return RootDirectory.OpenBelow(_directory, name, Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW, Abi.RESOLVE_NO_SYMLINKS);
    }
}
