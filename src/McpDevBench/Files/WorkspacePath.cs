using System.Globalization;
using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>
/// A path below the workspace: raw bytes, relative to it, without <c>.</c>, <c>..</c> or empty parts. One that exists has been checked. In
/// text, bytes that are not UTF-8 are <c>\xNN</c>, and a backslash that would be taken for the beginning of such an escape is <c>\x5C</c>;
/// so every name has a text, and the text leads back to it.
/// </summary>
internal sealed class WorkspacePath
{
    private const string Root = ContainerPaths.Workspace, Home = ContainerPaths.Home;
    private const int MaxNameLength = 255;

    private WorkspacePath(byte[] relative) => Relative = relative;

    /// <summary>What the agent gets.</summary>
    public byte[] Relative { get; }

    public bool IsRoot => Relative.Length == 0;

    /// <param name="text">Absolute below /workspace, relative to it, or <c>file:///workspace/…</c>.</param>
    /// <exception cref="RequestException">invalid_argument or path_denied.</exception>
    public static WorkspacePath Parse(string text)
    {
        if (text.Length == 0)
            throw new RequestException(ErrorCode.InvalidArgument, "The path is empty.",
                "Use a path below /workspace, such as src/main.py; the directory itself is /workspace.");
        if (PathText.IsInHome(text) || PathText.IsShellHome(text))
            throw InHome(text);
        if (PathText.IsWindows(text))
            throw Invalid(text, "it is a path of Windows", "Use a path below /workspace, with / between its parts.");
        var bytes = PathText.FromUri(text) ?? Unescape(text);
        if (bytes.AsSpan().Contains((byte)0))
            throw Invalid(text, "it contains a NUL character");
        if (bytes.Length > Protocol.MaxPath)
            throw Invalid(text, $"it is {bytes.Length} bytes long, at most {Protocol.MaxPath} are possible");
        var parts = new List<byte[]>();
        var rest = bytes.AsSpan();
        var absolute = rest.StartsWith("/"u8);
        foreach (var range in rest.Split((byte)'/'))
        {
            var part = rest[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            if (part.Length > MaxNameLength)
                throw Invalid(text, $"a part of it is {part.Length} bytes long, at most {MaxNameLength} are possible");
            if (!part.SequenceEqual(".."u8))
                parts.Add(part.ToArray());
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (!absolute)
                throw Denied(text);
        }
        if (absolute)
        {
            if (IsHome(parts))
                throw InHome(text);
            if (parts.Count == 0 || !parts[0].AsSpan().SequenceEqual("workspace"u8))
                throw Denied(text);
            parts.RemoveAt(0);
        }
        return new WorkspacePath(Join(parts));
    }

    /// <summary>The absolute text of a path from the agent, which is not trusted.</summary>
    public static string TextOf(ReadOnlySpan<byte> relative) => relative.IsEmpty ? Root : $"{Root}/{Escape(relative)}";

    public override string ToString() => TextOf(Relative);

    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[0]:X2}");
                bytes = bytes[1..];
                continue;
            }
            if (rune.Value == '\\' && bytes.Length >= 4 && bytes[1] == 'x' && IsHex(bytes[2]) && IsHex(bytes[3]))
                text.Append("\\x5C");
            else
                text.Append(rune.ToString());
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>(text.Length);
        Span<byte> encoded = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x' && char.IsAsciiHexDigit(text[i + 2])
                && char.IsAsciiHexDigit(text[i + 3]))
            {
                bytes.Add(byte.Parse(text.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 3;
                continue;
            }
            var rune = Rune.TryGetRuneAt(text, i, out var whole) ? whole : Rune.ReplacementChar;
            bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            i += char.IsHighSurrogate(text[i]) && rune != Rune.ReplacementChar ? 1 : 0;
        }
        return [.. bytes];
    }

    private static byte[] Join(List<byte[]> parts)
    {
        var joined = new List<byte>();
        foreach (var part in parts)
        {
            if (joined.Count > 0)
                joined.Add((byte)'/');
            joined.AddRange(part);
        }
        return [.. joined];
    }

    private static bool IsHome(List<byte[]> parts) =>
        $"/{Encoding.UTF8.GetString(Join(parts))}/".StartsWith($"{Home}/", StringComparison.Ordinal);

    private static bool IsHex(byte value) => char.IsAsciiHexDigit((char)value);

    private static RequestException Denied(string text) => new(
        ErrorCode.PathDenied, $"'{Shown(text)}' is not below /workspace.",
            "Use a path below /workspace, or one relative to it; other files of the image can be read with exec.");

    private static RequestException InHome(string text) => new(
        ErrorCode.PathDenied, $"'{Shown(text)}' is in the home directory, which the file tools do not reach.",
        "Use a path below /workspace, or exec for files in the home directory; a file whose name is ~ is ./~.");

    private static RequestException Invalid(string text, string why, string hint = "Use another path below /workspace.") =>
        new(ErrorCode.InvalidArgument, $"The path '{Shown(text)}' is not possible: {why}.", hint);

    private static string Shown(string text) => Truncation.ToLength(text).Replace('\0', '␀');
}
