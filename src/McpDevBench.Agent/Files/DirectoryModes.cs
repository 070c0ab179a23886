using System.Text;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Modes that directories of a new tree get when everything is in its place: nothing could be put into one that its owner may not write
/// to, and it could not be moved. Paths are relative to the tree; the tree itself is the empty path.
/// </summary>
internal sealed unsafe class DirectoryModes
{
    private const uint OwnerBits = 0x1c0; // 0700
    private const uint MaskedBits = 0x12; // 0022: mkdir leaves them out

    private readonly List<(byte[] Path, uint Mode)> _late = [];

    // As text of one character a byte.
    private readonly HashSet<string> _joined = [];

    /// <summary>A directory that its owner can fill for now.</summary>
    /// <returns>As mkdir.</returns>
    public int Make(Place place, ReadOnlySpan<byte> path, uint mode)
    {
        var result = place.MakeDirectory(mode | OwnerBits);
        if (result == 0 && ((mode & OwnerBits) != OwnerBits || (mode & MaskedBits) != 0))
            _late.Add((path.ToArray(), mode));
        return result;
    }

    /// <summary>A directory of the tree has joined one that was there before, which keeps its mode.</summary>
    public void Joined(ReadOnlySpan<byte> path) => _joined.Add(Encoding.Latin1.GetString(path));

    /// <summary>Those inside first: afterwards they may be out of reach.</summary>
    /// <param name="open">Opens a directory of the tree; negative if it is gone.</param>
    public void Set(Func<byte[], int> open)
    {
        for (var i = _late.Count - 1; i >= 0; i--)
            Set(open, _late[i].Path, _late[i].Mode);
    }

    /// <summary>To move or remove the tree again: those outside first.</summary>
    public void Unset(Func<byte[], int> open)
    {
        foreach (var (path, mode) in _late)
            Set(open, path, mode | OwnerBits);
    }

    private void Set(Func<byte[], int> open, byte[] path, uint mode)
    {
        // A process in the workspace may have moved it since.
        if (_joined.Contains(Encoding.Latin1.GetString(path)) || open(path) is not (>= 0 and var fd))
            return;
        fixed (byte* name = Text.Z($"/proc/self/fd/{fd}"))
            Libc.fchmodat(Abi.AT_FDCWD, name, mode, 0);
        Libc.close(fd);
    }
}
