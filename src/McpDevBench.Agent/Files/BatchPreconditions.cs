using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Checks the preconditions of a batch's steps before it changes anything, as far as no earlier step changes the same entries. The steps
/// check everything again; this only keeps a batch that cannot succeed from starting.
/// </summary>
internal sealed class BatchPreconditions(RootDirectory workspace)
{
    private readonly List<byte[]> _touched = [];

    // After a path that may be another name of a changed one (through a link), nothing can be checked beforehand.
    private bool _blurred;

    public void Check(BatchStep step)
    {
        var source = Plain(step.Path);
        var target = step.Verb is BatchVerb.Move or BatchVerb.Copy ? Plain(step.Target) : [];
        if (source is null || target is null)
            _blurred = true;
        if (_blurred)
            return;
        if (!IsTouched(source!))
            CheckSource(step, source!);
        if (target!.Length > 0 && !IsTouched(target) && TryFind(target) is { } found)
            CheckTarget(step, IsTouched(source!) ? null : TryFind(source!), found);
        if (step.Verb != BatchVerb.Read)
            _touched.Add(source!);
        if (target.Length > 0)
            _touched.Add(target);
    }

    private void CheckSource(BatchStep step, byte[] path)
    {
        var found = TryFind(path);
        Conditions.Check(step.Path, found, step.IfMatch, step.IfNoneMatch);
        if (found is null && step.Verb is not (BatchVerb.Write or BatchVerb.MakeDirectory))
            throw Errno.ToException(Errno.ENOENT, Text.Show(step.Path));
    }

    /// <param name="source">Null where an earlier step decides what it is.</param>
    private static void CheckTarget(BatchStep step, Entry? source, Entry found)
    {
        if (source is { } entry)
            FileReplacement.RequireSameKind(entry.Kind, found, step.Target);
        if (source is not null && !step.Overwrite)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(step.Target)}: exists already");
    }

    /// <summary>The path without needless slashes, if no link and no dot component is involved; otherwise null.</summary>
    private byte[]? Plain(ReadOnlySpan<byte> path)
    {
        var clean = path.TrimEnd((byte)'/');
        if (clean.IsEmpty)
            return null;
        foreach (var range in clean.Split((byte)'/'))
        {
            if (clean[range].IsEmpty || clean[range].SequenceEqual("."u8) || clean[range].SequenceEqual(".."u8))
                return null;
        }
        var fd = RootDirectory.TryOpenBelow(workspace.Root, clean, Abi.O_PATH | Abi.O_NOFOLLOW, Abi.RESOLVE_NO_SYMLINKS);
        if (fd < 0)
            return Errno.Last == Errno.ENOENT ? clean.ToArray() : null;
        using var opened = new Fd(fd);
        return Entry.Of(opened, clean).Kind == FileKind.Link ? null : clean.ToArray();
    }

    private Entry? TryFind(byte[] path)
    {
        var fd = RootDirectory.TryOpenBelow(workspace.Root, path, Abi.O_PATH | Abi.O_NOFOLLOW, Abi.RESOLVE_NO_SYMLINKS);
        if (fd < 0)
            return null;
        using var opened = new Fd(fd);
        return Entry.Of(opened, path);
    }

    private bool IsTouched(byte[] path)
    {
        foreach (var touched in _touched)
        {
            if (IsWithin(touched, path) || IsWithin(path, touched))
                return true;
        }
        return false;
    }

    private static bool IsWithin(ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory)
        => path.StartsWith(directory) && (path.Length == directory.Length || path[directory.Length] == '/');
}
