using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Vocabulary;

/// <summary>
/// Notations of a path that other programs understand, so that they are never taken for names: <c>~</c>, <c>~/x</c>, <c>file:///x</c>,
/// <c>C:\x</c>.
/// </summary>
internal static partial class PathText
{
    /// <summary>Whether it begins at the home directory, as a shell would read it.</summary>
    public static bool IsInHome(string text) => text == "~" || text.StartsWith("~/", StringComparison.Ordinal);

    /// <summary>Whether a shell would replace its beginning by a home directory, in a notation that is not understood here.</summary>
    public static bool IsShellHome(string text) => ShellHomePattern().IsMatch(text);

    /// <summary>Whether it is an absolute path of Windows: with a drive, or of another machine.</summary>
    public static bool IsWindows(string text) => WindowsPattern().IsMatch(text);

    /// <returns>The path of a file URI as bytes; null if the text is not a URI.</returns>
    /// <exception cref="RequestException">invalid_argument: a URI of another kind, of another host, or broken.</exception>
    public static byte[]? FromUri(string text)
    {
        var uri = UriPattern().Match(text);
        if (!uri.Success)
            return null;
        if (!uri.Groups["scheme"].Value.Equals("file", StringComparison.OrdinalIgnoreCase))
            throw Invalid(text, "it is a URI", "Give the path alone, such as /workspace/src/main.py.");
        if (uri.Groups["host"].Value is not ("" or "localhost"))
            throw Invalid(text, "it names another host", "Use file:///workspace/…, or the path alone.");
        var path = text.AsSpan(uri.Length);
        var bytes = new List<byte>(path.Length);
        while (!path.IsEmpty)
        {
            if (path[0] == '%')
            {
                if (path.Length < 3 || !char.IsAsciiHexDigit(path[1]) || !char.IsAsciiHexDigit(path[2]))
                    throw Invalid(text, "it has a '%' without two hexadecimal digits after it",
                        "Give the path alone, such as /workspace/100%.txt.");
                bytes.Add((byte)(Convert.FromHexString(path[1..3])[0]));
                path = path[3..];
                continue;
            }
            var end = path.IndexOf('%');
            bytes.AddRange(Encoding.UTF8.GetBytes(path[..(end < 0 ? path.Length : end)].ToString()));
            path = end < 0 ? [] : path[end..];
        }
        return [.. bytes];
    }

    private static RequestException Invalid(string text, string why, string hint) =>
        new(ErrorCode.InvalidArgument, $"The path '{Truncation.ToLength(text)}' is not possible: {why}.", hint);

    [GeneratedRegex(@"\A(?:[A-Za-z]:[\\/]|\\\\)")]
    private static partial Regex WindowsPattern();

    [GeneratedRegex(@"\A(?:~[a-z_][a-z0-9_-]*/|\$HOME(?:/|\z)|\$\{HOME\}(?:/|\z))")]
    private static partial Regex ShellHomePattern();

    /// <summary>A scheme and the host, or the file scheme alone; the path follows.</summary>
    [GeneratedRegex(@"\A(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?<host>[^/]*)|(?<scheme>(?i:file)):(?=/))")]
    private static partial Regex UriPattern();
}
