using System.Text;

namespace McpDevBench.Agent.Linux;

/// <summary>Bytes for the C library, and raw names for people.</summary>
internal static class Text
{
    private const int MaxShown = 300;

    /// <summary>The bytes with a NUL after them.</summary>
    public static byte[] Z(ReadOnlySpan<byte> bytes)
    {
        var copy = new byte[bytes.Length + 1];
        bytes.CopyTo(copy);
        return copy;
    }

    public static byte[] Z(string text) => Z(Encoding.UTF8.GetBytes(text));

    /// <summary>A path as an error text shows it: relative to the workspace, cut where it is absurdly long.</summary>
    public static string Show(ReadOnlySpan<byte> path)
    {
        if (!path.IsEmpty && path[^1] == 0)
            path = path[..^1];
        if (path.IsEmpty)
            return ".";
        return path.Length <= MaxShown ? Encoding.UTF8.GetString(path) : Encoding.UTF8.GetString(path[..MaxShown]) + "…";
    }
}
